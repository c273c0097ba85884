"""The best pages, editors, arms: what only the world, or money, can give."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.world import DAY, PLACES, Incumbent, Oracle, Pages
from sevensteps.cases.search.world.oracle import EDITORS

from .conftest import first_ones, log_of

AIMS = {"satisfaction": "true_satisfied", "margin": "margin"}


@pytest.fixture(scope="module")
def lived(known):
    """Three days under each aim and under the old search: outcomes and logs."""
    policies = {aim: Oracle(aim) for aim in (*AIMS, "relevance")}
    outcomes = {
        name: known.world.live(policy, 3, history=known.history)
        for name, policy in {"old": Incumbent(3), **policies}.items()
    }
    return {name: (o, log_of(o.searches, o.truth)) for name, o in outcomes.items()}


def test_each_aim_beats_the_old_search_and_wins_at_its_own(lived):
    a_session = {
        name: o.daily.sum() / o.daily.sessions.sum() for name, (o, _) in lived.items()
    }
    for aim, column in AIMS.items():
        best = a_session[aim][column]
        others = [a_session[n][column] for n in a_session if n != aim]
        assert best > max(others), aim
        assert best > 1.3 * a_session["old"][column]


def test_the_most_relevant_page_is_so_among_all_products(known, lived):
    outcome, log = lived["relevance"]
    assert (np.diff(log.grade, axis=1) <= 0).all()
    products = outcome.evening.state.products
    relevance = replace(known.relevance, products=products)
    every = np.arange(len(products))
    for i in range(0, len(log.rows), 100):
        row = log.rows.iloc[i]
        there = every[products.listed_at // DAY <= row.day]
        grade = relevance.grade(np.full(len(there), row.true_need), there)
        best = np.sort(grade)[::-1][:PLACES].astype(int)
        shown = np.maximum(log.grade[i], 0).astype(int)
        assert (shown <= best).all()
        assert shown.sum() >= best.sum() - 4  # what is sold out may be passed over


def test_only_three_aims():
    with pytest.raises(ValueError, match="aim is 'satisfaction', 'relevance' or"):
        Oracle("money")


@pytest.fixture(scope="module")
def pairs(known):
    """Queries and what the old search showed for them."""
    where = np.flatnonzero(known.log.shown[:, 9] >= 0)[:400]
    query = np.repeat(known.log.rows.query_id.to_numpy()[where], 10)
    both = np.stack([query, known.log.shown[where, :10].ravel()], axis=1)
    return np.unique(both, axis=0).T


def test_editors_are_near_the_truth_and_disagree(known, pairs):
    told = known.world.editors(known.history).grade(*pairs, raters=3)
    true = known.world.grades(*pairs, known.history)
    assert list(told) == ["pair", "query_id", "product_id", "rater", "grade"]
    assert len(told) == 3 * len(true)
    assert told.grade.between(0, 4).all()
    assert told.groupby("pair").rater.nunique().eq(3).all()
    assert np.array_equal(told.query_id.to_numpy()[::3], pairs[0])
    off = told.grade.to_numpy() - true[told.pair]
    middle = (true[told.pair] > 0) & (true[told.pair] < 4)
    assert (off[middle] == 0).mean() == pytest.approx(0.6, abs=0.08)
    assert (np.abs(off) <= 1).mean() > 0.9
    first, second, _ = told.grade.to_numpy().reshape(-1, 3).T
    assert 0.35 < (first == second).mean() < 0.8


def test_some_editors_believe_a_stuffed_title(known):
    """A product that passes for what is asked, and is not."""
    needs = np.flatnonzero(known.needs.intent == 2)[:60]
    row, product = np.nonzero(known.needs.kind[needs, None] == known.products.pretends)
    query = known.asked.form[needs[row], 0]
    query, product = query[query >= 0], product[query >= 0]
    true = known.world.grades(query, product, known.history)
    wrong = true == 0
    told = known.world.editors(known.history).grade(query, product, raters=EDITORS)
    high = (told.grade[wrong[told.pair]] >= 3).groupby(told.rater).mean()
    assert wrong.sum() > 10
    assert (high > 0.5).mean() == pytest.approx(0.4, abs=0.2)
    assert (high < 0.2).mean() > 0.4


def test_an_editor_asked_again_says_the_same(known, pairs):
    editors = known.world.editors(known.history)
    whole, more = editors.grade(*pairs), editors.grade(*pairs, raters=5)
    part = editors.grade(pairs[0][50:90], pairs[1][50:90])
    assert np.array_equal(whole.grade[150:270], part.grade)
    nested = more.groupby("pair").head(3)
    assert np.array_equal(nested[["rater", "grade"]], whole[["rater", "grade"]])
    other = known.world.editors(known.history, seed=1).grade(*pairs)
    assert not np.array_equal(whole.grade, other.grade)


@pytest.mark.parametrize("raters", [0, 41])
def test_there_are_forty_editors(known, raters):
    with pytest.raises(ValueError, match="raters must be a whole number from 1 to 40"):
        known.world.editors(known.history).grade([0], [0], raters=raters)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda p, r, x: Pages(p[:-1], r, x), r"must return \(\d+, 20\)"),
        (lambda p, r, x: Pages(p - 2, r, x), r"products are -1 \(none\) to"),
        (lambda p, r, x: Pages(p // 2, r, x), "shows a product twice"),
        (lambda p, r, x: Pages(p, r[:1], x), "ranker must be"),
        (lambda p, r, x: Pages(p, r, x[:1]), "randomised must be"),
        (lambda p, r, x: Pages(p, r + 0.5, x), "ranker must be"),
        (lambda p, r, x: Pages(p, r, r), "true or false"),
        (lambda p, r, x: Pages(p, r - 1, x), "from 0 to 127"),
        (lambda p, r, x: Pages(p, r + np.int64(128), x), "from 0 to 127"),
    ],
)
def test_pages_that_cannot_be_shown_are_refused(known, change, why):
    def broken(requests, view):
        page = first_ones(requests, view)
        return change(page.product_id, page.ranker, page.randomised)

    with pytest.raises(ValueError, match=why):
        known.world.live(broken, 1, history=known.history)
