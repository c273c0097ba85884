"""Propensities: each way finds the truth within its interval; a wrong way does not."""

import numpy as np
import pytest
from scipy.optimize import minimize

from sevensteps.measure import (
    click_log,
    em_propensity,
    harvested_propensity,
    inverse_rank,
    pair_values,
    randomised_propensity,
    swap_propensity,
    trust_bias,
)

REPEATS, RESAMPLES = 120, 200


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


WAYS = {
    "all pairs": lambda log, seed: harvested_propensity(
        log, resamples=RESAMPLES, seed=seed
    ),
    "adjacent": lambda log, seed: harvested_propensity(
        log, "adjacent", resamples=RESAMPLES, seed=seed
    ),
    "pivot": lambda log, seed: harvested_propensity(
        log, "pivot", resamples=RESAMPLES, seed=seed
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_harvested_covers_the_truth(way, people):
    covered, off = [], []
    for seed in range(REPEATS):
        _, log = positions(people, np.random.default_rng(seed))
        curve = WAYS[way](log, seed)
        covered.append(inside(curve, people.look))
        off.append(curve.estimate / people.look - 1)
    assert 0.90 <= np.mean(covered) <= 0.985
    assert np.abs(np.mean(off, axis=0)).max() < 0.03


def test_em_covers_the_truth_where_products_were_seen_often(people):
    covered, off, hasty = [], [], []
    for seed in range(REPEATS):
        rng = np.random.default_rng(seed)
        shop = people.Shop.of(rng, n_queries=100)
        query, shown, own = shop.search(rng, 6_000)
        clicked = people.position_based(
            rng, shop.pull[query[:, None], own], people.look
        )
        log = click_log(shown, clicked, query)
        curve = em_propensity(log, resamples=RESAMPLES, seed=seed)
        covered.append(inside(curve, people.look))
        off.append(curve.estimate / people.look - 1)
        if seed < 20:
            few = log.where(np.arange(len(log)) % 6 == 0)
            seldom = em_propensity(few, least_shown=1, resamples=2)
            hasty.append(seldom.estimate / people.look - 1)
    assert 0.90 <= np.mean(covered) <= 0.985
    assert np.abs(np.mean(off, axis=0)).max() < 0.03
    assert np.mean(hasty, axis=0)[1:].max() < -0.05  # few appearances: too steep


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
        curve = randomised_propensity(log, resamples=RESAMPLES, seed=seed)
        covered.append(inside(curve, people.look))
        off.append(curve.estimate - people.look)
    assert 0.90 <= np.mean(covered) <= 0.985
    assert np.abs(np.mean(off, axis=0)).max() < 0.02


def test_swaps_cover_the_truth_whatever_share_is_swapped(people):
    covered, off = [], []
    for seed in range(REPEATS):
        rng = np.random.default_rng(seed)
        shop = people.Shop.of(rng)
        query, shown, own = shop.search(rng, 6_000, noise=0.1)
        partner = rng.integers(-1, 6, len(query))
        swapped = rng.random(len(query)) < 0.3
        row = np.flatnonzero(swapped & (partner >= 1))
        for table in (shown, own):
            top = table[row, 0].copy()
            table[row, 0] = table[row, partner[row]]
            table[row, partner[row]] = top
        clicked = people.position_based(
            rng, shop.pull[query[:, None], own], people.look
        )
        log = click_log(shown, clicked, query)
        curve = swap_propensity(log, partner, swapped, resamples=RESAMPLES, seed=seed)
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


def test_all_pairs_agree_with_a_likelihood_that_also_fits_click_rates(people):
    """Agarwal et al. maximise a cross-entropy with a rate for each two places."""
    _, log = positions(people, np.random.default_rng(5), n=20_000)
    curve = harvested_propensity(log, resamples=2).estimate
    k, m = log.n_places, len(log.pairs)
    at = (log.pair * k + np.arange(k)).ravel()
    seen = np.bincount(at, minlength=m * k).reshape(m, k)
    hit = np.bincount(at, log.clicked.ravel(), m * k).reshape(m, k)
    both = seen[:, :, None] + seen[:, None, :]
    share = np.where(both > 0, seen[:, None, :] / np.maximum(both, 1), 0)
    click = (hit[:, :, None] * share).sum(0)
    miss = ((seen - hit)[:, :, None] * share).sum(0)
    off = ~np.eye(k, dtype=bool)
    upper = np.triu_indices(k, 1)

    def loss(x):
        look, rate = np.exp(np.append(0, x[: k - 1])), np.zeros((k, k))
        rate[upper] = np.exp(x[k - 1 :])
        p = np.clip(look[:, None] * (rate + rate.T), 1e-9, 1 - 1e-9)
        return -(click * np.log(p) + miss * np.log1p(-p))[off].sum()

    start = np.full(k - 1 + len(upper[0]), -1.0)
    theirs = np.exp(np.append(0, minimize(loss, start).x[: k - 1]))
    np.testing.assert_allclose(curve, theirs, rtol=0.02)


def test_em_reaches_the_maximum_of_its_likelihood(people):
    """At the estimate, no curve nearby is likelier, its attractions fitted anew."""
    _, log = positions(people, np.random.default_rng(6), n=20_000)
    curve = em_propensity(log, resamples=2, steps=3_000, least_shown=1).estimate
    k, m = log.n_places, len(log.pairs)
    at = (log.pair * k + np.arange(k)).ravel()
    seen = np.bincount(at, minlength=m * k).reshape(m, k).astype(float)
    hit = np.bincount(at, log.clicked.ravel(), m * k).reshape(m, k)

    def likelihood(look):
        low, high = np.zeros(m), np.full(m, 1 / look.max() - 1e-9)
        for _ in range(60):  # the best attraction of each pair, by bisection
            pull = (low + high) / 2
            p = look * pull[:, None]
            slope = (hit - (seen - hit) * p / (1 - p)).sum(1)
            low, high = np.where(slope > 0, pull, low), np.where(slope > 0, high, pull)
        p = np.clip(look * pull[:, None], 1e-12, 1 - 1e-12)
        return (hit * np.log(p) + (seen - hit) * np.log1p(-p)).sum()

    best = likelihood(curve * 0.9)
    for place in range(1, k):
        for factor in (0.98, 1.02):
            other = curve * 0.9
            other[place] *= factor
            assert likelihood(other) < best


def test_places_without_a_link_are_told_as_unknown(people):
    shown = np.array([[1, 2, 3, 4], [2, 1, 3, 4]] * 20)
    clicked = np.random.default_rng(0).random((40, 4)) < 0.6
    log = click_log(shown, clicked, np.repeat(np.arange(4), 10))
    curve = harvested_propensity(log, resamples=10)
    assert np.isfinite(curve.estimate).tolist() == [True, True, False, False]
    assert str(curve.at(2)) == "n/a"
    assert curve.table().shape == (4, 3)
    assert np.isnan(em_propensity(log, least_shown=1, resamples=10).estimate[2:]).all()
    still = click_log(shown[::2], clicked[::2], np.repeat(np.arange(4), 5))
    for way in (harvested_propensity, em_propensity):
        with pytest.raises(ValueError, match="two places"):
            way(still)


def test_a_fixed_ranker_confuses_place_with_worth(people):
    """The naive curve, clicks by place, is not the propensity; folklore neither."""
    _, log = positions(people, np.random.default_rng(1), n=40_000, noise=0.2)
    naive = log.clicked.mean(0) / log.clicked[:, 0].mean()
    right = harvested_propensity(log).estimate
    off = {
        "naive": np.abs(naive - people.look).max(),
        "folklore": np.abs(inverse_rank(6) - people.look).max(),
        "harvested": np.abs(right - people.look).max(),
    }
    assert off["harvested"] < 0.02 < 0.08 < min(off["naive"], off["folklore"])


def test_position_based_propensities_depend_on_the_list_when_people_read_down(people):
    """On a cascade the curve is no property of places: better lists, steeper curves."""
    curves = []
    for factor in (0.5, 1.5):
        rng = np.random.default_rng(2)
        shop = people.Shop.of(rng)
        query, shown, own = shop.search(rng, 20_000)
        pull = np.minimum(shop.pull[query[:, None], own] * factor, 1)
        clicked = people.cascade(rng, pull)
        curves.append(harvested_propensity(click_log(shown, clicked, query)))
    poor, rich = (curve.at(3) for curve in curves)
    assert rich.high < poor.low - 0.2


def test_trust_covers_the_truth_of_judged_pairs(people):
    trust, doubt = np.array([0.98, 0.95, 0.9, 0.85, 0.8, 0.75]), np.linspace(0.3, 0, 6)
    alpha, beta = people.look * (trust - doubt), people.look * doubt
    covered = []
    for seed in range(REPEATS):
        rng = np.random.default_rng(seed)
        shop = people.Shop.of(rng)
        query, shown, own = shop.search(rng, 3_000)
        pull = shop.pull[query[:, None], own]
        clicked = people.trusting(rng, pull, people.look, trust, doubt)
        log = click_log(shown, clicked, query)
        known = shop.of_pairs(shop.pull, log)
        known[rng.random(len(known)) < 0.4] = np.nan
        fit = trust_bias(log, known, resamples=RESAMPLES, seed=seed)
        for curve, truth in ((fit.alpha, alpha), (fit.beta, beta)):
            covered.append(inside(curve, truth))
    assert 0.90 <= np.mean(covered) <= 0.985


def test_harvesting_cannot_see_trust(people):
    """Under trust the harvested curve is biased: clicks high up are partly belief."""
    rng = np.random.default_rng(4)
    shop = people.Shop.of(rng)
    query, shown, own = shop.search(rng, 40_000)
    pull = shop.pull[query[:, None], own]
    doubt = np.array([0.4, 0.2, 0.1, 0.05, 0, 0])
    clicked = people.trusting(rng, pull, people.look, np.ones(6), doubt)
    log = click_log(shown, clicked, query)
    alpha = people.look * (1 - doubt)
    harvested = harvested_propensity(log).estimate
    known = trust_bias(log, shop.of_pairs(shop.pull, log)).alpha.estimate
    assert np.abs(known / known[0] - alpha / alpha[0]).max() < 0.06
    assert np.abs(harvested - alpha / alpha[0]).max() > 0.15


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"clicked": np.ones((2, 3), bool)}, "one shape"),
        ({"clicked": np.array([[0, 1], [0, 0]])}, "must be bool"),
        (
            {"clicked": np.array([[0, 0], [0, 1]], bool)},
            "row 1 has a click on an",
        ),
        ({"shown": np.array([[3, 3], [4, -1]])}, "row 0 shows a product twice"),
        ({"shown": np.array([[3, -2], [4, -1]])}, "-1 for an empty place"),
        ({"shown": np.array([[3.0, 2], [4, -1]])}, "product numbers"),
        ({"shown": np.full((2, 2), -1)}, "empty in every place"),
        ({"query": np.array([1])}, "differ in length"),
        ({"query": np.array([-1, 2])}, "integers from 0"),
        ({"block": np.array([1, 2, 3])}, "differ in length"),
    ],
)
def test_a_log_that_cannot_be_is_refused(change, told):
    fine = {
        "shown": np.array([[3, 2], [4, -1]]),
        "clicked": np.array([[0, 1], [0, 0]], bool),
        "query": np.array([1, 2]),
    }
    if "empty" in told and "every" in told:
        fine["clicked"] = np.zeros((2, 2), bool)
    with pytest.raises(ValueError, match=told):
        click_log(**(fine | change))


def test_too_many_blocks_are_refused():
    n = 5_001
    with pytest.raises(ValueError, match=r"over 5,000"):
        click_log(
            np.ones((n, 1), int), np.ones((n, 1), bool), np.zeros(n, int), range(n)
        )


def test_parts_of_a_log_keep_the_numbers_of_pairs():
    log = click_log([[3, 2], [2, -1]], np.array([[0, 1], [1, 0]], bool), [7, 7])
    part = log.where(np.array([False, True]))
    assert part.pair.tolist() == [[1, -1]]
    assert part.pairs.same_as(log.pairs)
    assert pair_values(log, [7, 7], [2, 2], [1, 0]).tolist()[1] == 0.5
    with pytest.raises(ValueError, match="no search is left"):
        log.where(np.zeros(2, bool))
    with pytest.raises(ValueError, match="one flag for each"):
        log.where(np.array([True]))


@pytest.mark.parametrize("empty_first", [True, False])
def test_the_empty_place_never_counts_as_a_pair(empty_first):
    rows = np.array([[3, -1], [4, 5]])[:: -1 if empty_first else 1]
    log = click_log(rows, np.zeros((2, 2), bool), [0, 9])
    assert len(log.pairs) == 3
    assert log.filled.tolist() == (rows >= 0).tolist()
    there = log.pair[log.filled]
    assert log.pairs.product[there].tolist() == rows[rows >= 0].tolist()
    query = np.repeat([0, 9], 2).reshape(2, 2)[log.filled]
    assert log.pairs.query[there].tolist() == query.tolist()


@pytest.mark.parametrize(
    ("fit", "told"),
    [
        (lambda log: harvested_propensity(log, "both"), "must be one of"),
        (lambda log: em_propensity(log, steps=0), "at least 1"),
        (lambda log: swap_propensity(log, [2, 0], [True, False]), "below 2"),
        (
            lambda log: swap_propensity(log, [0, 0], [True, False]),
            "no search took",
        ),
        (lambda log: swap_propensity(log, [0], [True]), "differ in length"),
        (lambda log: trust_bias(log, [0.5, 0.5, 0.5]), "two different"),
        (lambda log: trust_bias(log, [0.5, 4, 0.5]), "divide grades"),
        (lambda log: trust_bias(log, [0.5]), "each of 3 pairs"),
    ],
)
def test_settings_that_cannot_be_are_refused(fit, told):
    log = click_log([[3, 2], [4, -1]], np.array([[0, 1], [1, 0]], bool), [1, 2])
    with pytest.raises(ValueError, match=told):
        fit(log)
