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


def test_two_places_by_hand():
    """Clicks times the appearances at the other place, over those at both."""
    shown = [[1, 2], [1, 2], [2, 1], [1, 3], [5, 6]]
    clicked = np.array([[1, 1], [1, 0], [1, 0], [0, 0], [1, 1]], bool)
    curve = harvested_propensity(click_log(shown, clicked, [0, 0, 0, 0, 1]))
    assert curve.estimate[1] == pytest.approx((1 * 1 / 3) / (2 * 1 / 4 + 1 * 2 / 3))


def test_a_place_of_random_lists_counts_against_the_top_of_lists_as_long():
    shown = np.array([[1, 2], [3, -1], [2, 1], [1, 2], [2, 1]])
    clicked = np.array([[1, 1], [1, 0], [1, 0], [0, 0], [1, 1]], bool)
    log = click_log(shown, clicked, [0, 0, 0, 0, 0], [0, 0, 0, 1, 1])
    curve = randomised_propensity(log)
    assert curve.estimate == pytest.approx([1, 2 / 3])
    assert {*curve.samples[:, 1].round(6)} == {0.5, 0.666667, 1}


def test_places_without_a_link_are_told_as_unknown(people):
    shown = np.array([[1, 2, 3, 4], [2, 1, 3, 4]] * 20)
    clicked = np.random.default_rng(0).random((40, 4)) < 0.6
    log = click_log(shown, clicked, np.repeat(np.arange(4), 10))
    curve = harvested_propensity(log)
    assert np.isfinite(curve.estimate).tolist() == [True, True, False, False]
    assert str(curve.at(2)) == "n/a"
    # What changed its place between days is not compared: its worth may have changed.
    days = click_log(shown, clicked, np.zeros(40, int), np.arange(40) % 2)
    with pytest.raises(ValueError, match="two places"):
        harvested_propensity(days)


def test_parts_of_a_log_keep_the_numbers_of_pairs():
    log = click_log([[3, 2], [2, -1]], np.array([[0, 1], [1, 0]], bool), [7, 7])
    part = log.where(np.array([False, True]))
    assert part.pair.tolist() == [[1, -1]]
    assert part.pairs is log.pairs


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
