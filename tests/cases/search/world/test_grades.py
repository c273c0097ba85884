"""Grades are what the table in `needs` says, for any need and any product."""

from dataclasses import fields

import numpy as np
import pytest

from sevensteps.cases.search.world import INTENTS
from sevensteps.cases.search.world.catalogue import Products
from sevensteps.cases.search.world.needs import Needs, Relevance
from sevensteps.world import stream

ASKED = ("colour", "material", "style", "size")


def rows_of(kind, blank, *rows):
    """Needs or products that are what each row names, and nothing else."""
    full = [dict.fromkeys((f.name for f in fields(kind)), -1) | blank | r for r in rows]
    return kind(
        **{f.name: np.array([row[f.name] for row in full]) for f in fields(kind)}
    )


def plainly(words, needs, products, need, product):
    """The docstring of `needs`, word by word."""
    is_of, wanted = products.kind[product], needs.kind[need]
    if wanted < 0:
        best, good = products.use[product]
        if needs.use[need] == best:
            return 4
        if needs.use[need] == good:
            return 3
        return 2 if needs.use[need] in words.choices["use"].table[is_of] else 0
    asked = {k: getattr(needs, k)[need] for k in (*ASKED, "brand", "feature")}
    has = {k: {getattr(products, k)[product]} for k in (*ASKED, "brand")}
    has["feature"] = set(products.feature[product].tolist())
    n_missing = sum(v >= 0 and v not in has[k] for k, v in asked.items())
    if needs.line[need] >= 0:
        if is_of != wanted:
            return 0
        if products.brand[product] != needs.brand[need]:
            return 1
        if products.line[product] != needs.line[need]:
            return 2
        return 3 if n_missing else 4
    if is_of == wanted:
        return max(2, 4 - n_missing)
    if words.family[is_of] == words.family[wanted]:
        return 1 if n_missing else 2
    return int(is_of in words.choices["kind"].table[wanted])


@pytest.mark.parametrize("intent", INTENTS)
def test_grades_are_as_written_by_hand(known, intent):
    relevance, rng = known.relevance, stream(4)
    needs, products = relevance.needs, relevance.products
    mine = np.flatnonzero(needs.intent == INTENTS.index(intent))
    seen = set()
    for need in rng.choice(mine, 40, replace=False):
        near = relevance.candidates(need)
        some = np.concatenate([rng.permutation(near)[:60], rng.integers(0, 12_000, 20)])
        expected = [plainly(relevance.words, needs, products, need, p) for p in some]
        assert relevance.grade(need, some).tolist() == expected
        seen |= set(expected)
    assert seen >= {"navigational": {0, 1, 2}, "exploratory": {0, 2, 3, 4}}.get(
        intent, {0, 1, 2, 4}
    )


@pytest.mark.parametrize("intent", INTENTS)
def test_relevant_finds_what_a_search_of_all_products_finds(known, intent):
    typed, n = known.asked, known.history.products.num_rows
    mine = known.needs.intent[typed.need] == INTENTS.index(intent)
    query = stream(6).choice(np.flatnonzero(mine), 25, replace=False)
    every = np.arange(n)
    for least in (1, 3):
        found = known.world.relevant(query, at_least=least, history=known.history)
        for q in query:
            grade = known.world.grades(np.full(n, q), every, known.history)
            rows = found[found.query_id == q].sort_values("product_id")
            good = np.flatnonzero(grade >= least)
            assert np.array_equal(rows.product_id, good)
            assert np.array_equal(rows.grade, grade[good])


def test_what_passes_for_another_kind_is_graded_as_that_kind(known):
    words, every = known.words, np.arange(len(known.words.demand))
    products = rows_of(Products, {"feature": (-1, -1, -1), "use": (-1, -1)},
                       *({"kind": kind, "colour": 3} for kind in every))  # fmt: skip
    needs = rows_of(Needs, {"intent": 0}, {"kind": 0, "colour": 3})
    relevance, need = Relevance(words, needs, products), np.array([0])
    grade = relevance.grade(need, every)
    assert (grade[0], grade.min()) == (4, 0)
    far = np.flatnonzero(grade == 0)
    assert (relevance.grade(need, far, kind=np.zeros(len(far), int)) == 4).all()


def test_grades_of_none_are_zero_and_strangers_are_refused(known):
    world, history = known.world, known.history
    n, n_queries = history.products.num_rows, history.queries.num_rows
    assert world.grades([0], [[-1, -1]], history).tolist() == [[0, 0]]
    none = np.empty(0, np.int32)
    assert world.grades(none, none, history).shape == (0,)
    assert len(world.relevant([], history=history)) == 0
    for query, product in (([n_queries], [0]), ([-1], [0]), ([0], [n])):
        with pytest.raises(ValueError, match="are 0 to"):
            world.grades(query, product, history)
    with pytest.raises(ValueError, match="queries are 0 to"):
        world.relevant([n_queries], history=history)
    with pytest.raises(ValueError, match="grades above zero are 1 to 4; got 0"):
        world.relevant([0], at_least=0, history=history)
