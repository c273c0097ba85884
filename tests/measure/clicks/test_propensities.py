"""Propensities: each way finds the truth within its interval; a wrong way does not."""

import numpy as np
import pytest

from sevensteps.measure import click_log, harvested_propensity, randomised_propensity

REPEATS = 120


def inside(curve, truth):
    """Which places but the first hold the truth in their interval."""
    low, high = np.quantile(curve.samples, [0.025, 0.975], axis=0)
    return ((low <= truth) & (truth <= high))[1:]


def positions(people, rng, n=3_000, **options):
    """A log of people who look by place."""
    shop = people.Shop.of(rng)
    query, shown, own = shop.search(rng, n, **options)
    clicked = people.position_based(rng, shop.pull[query[:, None], own], people.look)
    return shop, click_log(shown, clicked, query)


def test_what_is_harvested_covers_the_truth(people):
    covered, off = [], []
    for seed in range(REPEATS):
        _, log = positions(people, np.random.default_rng(seed))
        curve = harvested_propensity(log)
        covered.append(inside(curve, people.look))
        off.append(curve.estimate / people.look - 1)
    assert 0.90 <= np.mean(covered) <= 0.985
    assert np.abs(np.mean(off, axis=0)).max() < 0.03


def test_random_lists_cover_the_truth_and_short_ones_do_no_harm(people):
    covered, off = [], []
    for seed in range(REPEATS):
        rng = np.random.default_rng(seed)
        shop = people.Shop.of(rng)
        query, shown, own = shop.search(rng, 3_000, randomised=True)
        poor = (query % 2 == 0)[:, None]
        pull = shop.pull[query[:, None], own] * np.where(poor, 0.5, 1.0)
        clicked = people.position_based(rng, pull, people.look)
        short = poor & (np.arange(6) >= 3)
        log = click_log(np.where(short, -1, shown), clicked & ~short, query)
        curve = randomised_propensity(log)
        covered.append(inside(curve, people.look))
        off.append(curve.estimate - people.look)
    assert 0.90 <= np.mean(covered) <= 0.985
    assert np.abs(np.mean(off, axis=0)).max() < 0.02


def test_days_compare_only_what_moved_within_a_day(people):
    """Worth that drifts biases comparisons over time, not those within a day."""
    rng = np.random.default_rng(3)
    shop = people.Shop.of(rng, n_queries=40)
    query, shown, own = shop.search(rng, 60_000, noise=0.1)
    day = np.arange(len(query)) // 6_000
    late = day >= 5
    # From day 5 on, the last is first, the rest move down, and all is worth half.
    shown[late], own[late] = (np.roll(t[late], 1, axis=1) for t in (shown, own))
    pull = shop.pull[query[:, None], own] * np.where(late, 0.5, 1.0)[:, None]
    clicked = people.position_based(rng, pull, people.look)
    over_time = harvested_propensity(click_log(shown, clicked, query)).estimate
    within = harvested_propensity(click_log(shown, clicked, query, day)).estimate
    assert np.abs(within - people.look).max() < 0.03
    assert np.abs(over_time - people.look).max() > 0.07


def test_places_without_a_link_are_told_as_unknown(people):
    shown = np.array([[1, 2, 3, 4], [2, 1, 3, 4]] * 20)
    clicked = np.random.default_rng(0).random((40, 4)) < 0.6
    log = click_log(shown, clicked, np.repeat(np.arange(4), 10))
    curve = harvested_propensity(log)
    assert np.isfinite(curve.estimate).tolist() == [True, True, False, False]
    assert str(curve.at(2)) == "n/a"
    still = click_log(shown[::2], clicked[::2], np.repeat(np.arange(4), 5))
    with pytest.raises(ValueError, match="two places"):
        harvested_propensity(still)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"clicked": np.ones((2, 3), bool)}, "one shape"),
        ({"clicked": np.array([[0, 1], [0, 0]])}, "must be bool"),
        ({"clicked": np.array([[0, 0], [0, 1]], bool)}, "row 1 has a click on an"),
        ({"shown": np.array([[3, 3], [4, -1]])}, "row 0 shows a product twice"),
        ({"shown": np.array([[3, -2], [4, -1]])}, "-1 for an empty place"),
        ({"shown": np.array([[3.0, 2], [4, -1]])}, "product numbers"),
        (
            {"shown": np.full((2, 2), -1), "clicked": np.zeros((2, 2), bool)},
            "empty in every place",
        ),
        ({"query": np.array([1])}, "differ in length"),
        ({"query": np.array([-1, 2])}, "integers from 0"),
        ({"block": np.array([1, 2, 3])}, "differ in length"),
        (
            {
                "shown": np.ones((5_001, 1), int),
                "clicked": np.ones((5_001, 1), bool),
                "query": np.zeros(5_001, int),
                "block": np.arange(5_001),
            },
            "over 5,000",
        ),
    ],
)
def test_a_log_that_cannot_be_is_refused(change, told):
    fine = {
        "shown": np.array([[3, 2], [4, -1]]),
        "clicked": np.array([[0, 1], [0, 0]], bool),
        "query": np.array([1, 2]),
    }
    with pytest.raises(ValueError, match=told):
        click_log(**(fine | change))


def test_parts_of_a_log_keep_the_numbers_of_pairs():
    log = click_log([[3, 2], [2, -1]], np.array([[0, 1], [1, 0]], bool), [7, 7])
    part = log.where(np.array([False, True]))
    assert part.pair.tolist() == [[1, -1]]
    assert part.pairs is log.pairs
    with pytest.raises(ValueError, match="no search is left"):
        log.where(np.zeros(2, bool))
    with pytest.raises(ValueError, match="one flag for each"):
        log.where(np.array([True]))


def test_pairs_are_numbered_however_long_and_never_the_empty_place():
    """Thirteen digits times seven do not fit in 64 bits: nothing is multiplied."""
    rng = np.random.default_rng(0)
    product = 4_000_000_000_000 + rng.choice(10**9, 50, replace=False)
    query = rng.integers(0, 5_000_000, 400)
    shown = np.array([rng.choice(product, 5, replace=False) for _ in range(400)])
    shown[:, 2:][rng.random((400, 3)) < 0.5] = -1
    log, there = click_log(shown, np.zeros(shown.shape, bool), query), shown >= 0
    assert (log.filled == there).all()
    assert np.array_equal(log.pairs.product[log.pair[there]], shown[there])
    asked = np.repeat(query, 5).reshape(-1, 5)[there]
    assert np.array_equal(log.pairs.query[log.pair[there]], asked)
    wanted = {*zip(asked.tolist(), shown[there].tolist(), strict=True)}
    assert log.n_pairs == len(wanted)
