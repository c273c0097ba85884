"""The same parameters make the same world; the company's tables keep their schema."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.search.world import (
    DAY,
    Incident,
    Incumbent,
    Oracle,
    SearchWorld,
    Size,
)
from sevensteps.cases.search.world.catalogue import SHARD, catalogue, shard
from sevensteps.cases.search.world.texts import listings
from sevensteps.cases.search.world.visits import SHOPPERS_ROOM
from sevensteps.world.arrays import join

from .conftest import log_of

SMALL = Size(1_500, 300, 500, 40, days=4)


def test_a_search_tells_its_session_its_day_and_its_attempt(known):
    rows = known.log.rows
    assert rows.search_id.is_unique
    assert (rows.search_id == rows.session_id * 4 + rows.attempt).all()
    assert (rows.session_id // (2 * SHOPPERS_ROOM) == rows.day).all()
    assert rows.groupby("session_id").shopper_id.nunique().max() == 1
    first = rows[rows.attempt == 0]
    assert first["at"].is_monotonic_increasing
    late = rows["at"].to_numpy() % DAY
    assert late.max() < DAY - 300
    hour = late // 3_600
    assert (hour == 20).mean() > 5 * (hour == 3).mean()


def test_nothing_is_shown_before_it_exists_nor_twice(known):
    rows, shown = known.log.rows, known.log.shown
    listed = known.history.products["listed_at"].to_numpy()
    born = np.where(shown >= 0, listed[shown], -1)
    assert (born <= rows["at"].to_numpy()[:, None]).all()
    joined = known.history.shoppers["joined_at"].to_numpy()[rows.shopper_id]
    assert (joined <= rows["at"]).all()
    ranked = np.sort(shown, axis=1)
    assert not ((ranked[:, 1:] == ranked[:, :-1]) & (ranked[:, 1:] >= 0)).any()


def test_what_is_clicked_was_seen_and_what_is_bought_was_clicked(known):
    log, rows = known.log, known.log.rows
    assert not (log.clicked & ~log.examined).any()
    assert not (log.examined & (log.shown < 0)).any()
    assert ((log.grade == -1) == (log.shown < 0)).all()
    bought = rows.bought.to_numpy() >= 0
    assert bought.sum() > 500
    assert log.clicked[bought, rows.bought[bought]].all()
    assert rows.true_satisfied[bought].all()


def test_grades_in_the_truth_are_the_grades_of_the_needs(known):
    log, rows = known.log, known.log.rows
    query, need = rows.query_id.to_numpy(), rows.true_need.to_numpy()
    grade = known.relevance.grade(need[:, None], np.maximum(log.shown, 0))
    assert (np.where(log.shown >= 0, grade, -1) == log.grade).all()
    mine = known.asked.need[query] == need
    assert mine.all()
    asked = known.world.grades(query[:500], log.shown[:500], known.history)
    assert (asked == np.maximum(log.grade[:500], 0)).all()


def test_shards_alone_are_shards_of_the_whole():
    size = Size(SHARD + 4_000, 100, 100, 300, days=1)
    making = SearchWorld(size, seed=5).rules.making
    alone = shard(making, size, 5, 1)
    words = listings(making, alone, 5, 1)
    whole = catalogue(making, size, 5)
    assert [len(part) for part in whole] == [SHARD, 4_000]
    for name in ("kind", "price", "look", "sold_before"):
        assert np.array_equal(getattr(whole[1], name), getattr(alone, name)), name
    both = join([listings(making, p, 5, k) for k, p in enumerate(whole)])
    assert both.title[SHARD:].equals(words.title)
    assert both.description[SHARD:].equals(words.description)
    assert np.array_equal(both.colour[SHARD:], words.colour)
    assert whole[0].price[:4_000].tolist() != alone.price.tolist()


@pytest.mark.parametrize(
    ("world", "policy", "expected"),
    [
        ({"examination": "cascade"}, None, "f08880842181a9db"),
        (
            {"incidents": (Incident("fad", 1, 3, 5.0, brand=3),)},
            None,
            "a680fe38e41150d3",
        ),
        ({"incidents": (Incident("stuffing", 0, 3),)}, None, "0837f751a01e2075"),
        (
            {"incidents": (Incident("sold_out", 1, 2, department=1),)},
            None,
            "8fa3c6bf90dda79e",
        ),
        ({"incidents": (Incident("early_season", 1, 2),)}, None, "26e7702e49d640d9"),
        ({}, Oracle("satisfaction"), "83bfbdcc1c6a26e8"),
        ({}, Oracle("relevance"), "0d03c3dd3824051f"),
        ({}, Oracle("margin"), "6197fafd2a4294f9"),
        ({}, Incumbent(3, shuffled=0.5), "5e70873c127136a1"),
    ],
)
def test_other_rules_and_policies_make_the_rows_of_this_generator(
    world, policy, expected
):
    """In the fixed environment; tests/contract/test_world.py has the usual rules."""
    made = SearchWorld(SMALL, seed=3, **world)
    past = made.history()
    record = past if policy is None else made.live(policy, 2, history=past)
    log = log_of(record.searches, made.truth(past) if policy is None else record.truth)
    tables = log.rows, record.products.to_pandas()
    found = hashlib.sha256("".join(map(pd.DataFrame.to_csv, tables)).encode())
    for pages in (log.shown, log.clicked, log.examined, log.grade):
        found.update(pages.tobytes())
    assert found.hexdigest()[:16] == expected


def test_the_same_search_meets_the_same_product_with_the_same_random_numbers(known):
    """Where two policies show one product in one place, both see the same."""
    policies = Oracle(), Incumbent(3)
    lived = [known.world.live(p, 1, history=known.history) for p in policies]
    a, b = (log_of(outcome.searches, outcome.truth) for outcome in lived)
    both = np.intersect1d(a.rows.search_id, b.rows.search_id, return_indices=True)
    _, i, j = both
    same = (a.shown[i] == b.shown[j]) & (a.shown[i] >= 0)
    assert same.sum() > 150
    for name in ("examined", "clicked", "grade"):
        assert (getattr(a, name)[i][same] == getattr(b, name)[j][same]).all(), name


def test_daily_sums_are_those_of_the_rows(known):
    outcome = known.world.live(Incumbent(3), 2, history=known.history)
    log, daily = log_of(outcome.searches, outcome.truth), outcome.daily
    by_day = log.rows.groupby("day")
    assert (by_day.size() == daily.searches).all()
    assert (by_day.session_id.nunique() == daily.sessions).all()
    assert (by_day.shopper_id.nunique() == daily.visitors).all()
    assert log.clicked.sum() == daily.clicks.sum() == outcome.sessions.clicks.sum()
    bought = log.rows.bought.to_numpy()
    rows = np.flatnonzero(bought >= 0)
    price = outcome.products["price"].to_numpy()[log.shown[rows, bought[rows]]]
    assert daily.revenue.sum() == pytest.approx(price.sum(), rel=1e-6)
    assert daily.bought.sum() == len(rows)
    assert daily.without_results.sum() == (log.shown < 0).all(axis=1).sum()
    sold = outcome.products["sold"].to_numpy().sum()
    assert sold - known.history.products["sold"].to_numpy().sum() == len(rows)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: SearchWorld(examination="x"), "examination is 'position' or"),
        (lambda: Size(0, 10, 10, 10, 1), "at least one of each"),
        (lambda: Size(10, 10, 10, 10, 1, arrivals=-0.1), "at least one of each"),
        (lambda: Size(2**28, 10, 10, 10, 1), r"at most 2\^27"),
        (lambda: Size(10, 10, 10, 5_001, 1), "5,000 brands"),
        (lambda: SearchWorld(SMALL).inject(Incident("fad", 1, brand=-1)), "0 to 39"),
        (lambda: SearchWorld(SMALL).inject(Incident("fad", 1, brand=40)), "0 to 39"),
        (
            lambda: SearchWorld(SMALL).inject(Incident("sold_out", 1, department=99)),
            "this world has the brands",
        ),
    ],
)
def test_what_cannot_be_made_is_told(make, why):
    with pytest.raises(ValueError, match=why):
        make()


def test_the_smallest_worlds_live():
    quiet = Size(300, 100, 150, 10, days=2, arrivals=0, joiners=0)
    history = SearchWorld(quiet).history()
    assert history.products.num_rows == 300
    assert history.shoppers.num_rows == 150
    lone = SearchWorld(Size(1, 1, 1, 1, days=3))
    assert list(lone.live(Oracle(), 2).daily.index) == [3, 4]
