"""Propensities: each way finds the truth within its interval; a wrong way does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps import measure
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


PLACES = np.arange(6)


def logged(people, rng, n=3_000):
    shop = people.Shop.of(rng)
    query, shown, own = shop.search(rng, n)
    pull = shop.pull[query[:, None], own]
    log = measure.click_log(shown, people.position_based(rng, pull, people.look), query)
    return shop, log, pull


def dcg(value, place):
    return (value / np.log2(place + 2)).sum(1).mean()


def test_another_order_is_estimated_without_bias_and_covered(people):
    """The truth is that of all shops: queries are drawn, not given."""

    def drawn(seed):
        rng = np.random.default_rng(seed)
        _, log, pull = logged(people, rng, 2_000)
        noise = 0.1 * rng.normal(size=pull.shape)
        return log, pull, measure.reranked(pull + noise, log)

    shops = [drawn(1_000 + seed) for seed in range(400)]
    gain = np.mean([dcg(pull, place) for _, pull, place in shops])
    ranks = np.sum([(pull * (place + 1)).sum() for _, pull, place in shops])
    rank = ranks / np.sum([pull.sum() for _, pull, _ in shops])
    covered, off = [], []
    for seed in range(150):
        log, _, place = drawn(seed)
        right = measure.ips_weights(log.clicked, PLACES, people.look)
        blocks = measure.block_bootstrap(log.block, 200, seed)
        first = measure.counterfactual_dcg(right, place, blocks)
        second = measure.counterfactual_rank(right, place, blocks)
        covered.append((gain in first, rank in second))
        off.append(first.estimate / gain - 1)
    assert 0.90 <= np.mean(covered, axis=0).min() <= np.mean(covered) <= 0.985
    assert abs(np.mean(off)) < 0.01


def test_clipping_trades_bias_for_effective_clicks(people):
    _, log, pull = logged(people, np.random.default_rng(2), 20_000)
    place, full = measure.reranked(-pull, log), log.clicked / people.look
    table = measure.clip_tradeoff(log, people.look, place, [1, 2, 10])
    for clip, told in table.iterrows():
        w = np.minimum(full, clip)
        gain = measure.counterfactual_dcg(w, place, log.block)
        assert told.estimate == pytest.approx(gain.estimate)
        assert (told.low, told.high) == (gain.low, gain.high)
        assert told.clipped == pytest.approx((full[log.clicked] > clip).mean())
        assert told.effective_clicks == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert table.low[10] <= dcg(pull, place) <= table.high[10]
    assert table.high[1] < dcg(pull, place)


def test_all_above_the_last_click_was_examined_which_satisfied():
    shown = [[1, 2, 3], [3, 2, 1], [1, 2, -1]]
    clicked = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], bool)
    log = measure.click_log(shown, clicked, [0, 0, 0])
    got, model = measure.examined_evidence(log), measure.fit_simplified_dbn(log)
    assert got.pairs.product.tolist() == [1, 2, 3]
    assert got.exposure.tolist() == [2, 2, 1]
    assert got.clicks.tolist() == [1, 1, 1]
    # Products 1 and 2 were clicked last; the mean rates, 3 / 5 and 2 / 3, count once.
    assert model.attractiveness == pytest.approx([1.6 / 3, 1.6 / 3, 1.6 / 2])
    assert model.satisfaction == pytest.approx([5 / 6, 5 / 6, 1 / 3])
    assert model.continuation == 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_reranking_is_a_permutation_of_what_was_shown(seed):
    rng = np.random.default_rng(seed)
    shown = rng.permuted(np.tile(np.arange(5), (20, 1)), axis=1)
    shown[:, 3:][rng.random((20, 2)) < 0.5] = -1
    shown[0] = np.arange(5)
    log = measure.click_log(shown, np.zeros((20, 5), bool), np.arange(20))
    score = rng.integers(0, 3, (20, 5)).astype(float)
    place = measure.reranked(score, log)
    for row in range(20):
        there = shown[row] >= 0
        want = sorted(np.flatnonzero(there), key=lambda j: (-score[row, j], j))
        assert np.flatnonzero(there)[np.argsort(place[row][there])].tolist() == want
        assert (place[row][~there] == -1).all()


def test_products_that_are_not_listed_earn_nothing():
    w, block = np.array([[2.0, 1.0], [0, 0]]), [0, 1]
    got = measure.counterfactual_dcg(w, [[0, -1], [0, 1]], block)
    assert got.estimate == pytest.approx(1)
    assert measure.counterfactual_dcg(w, [[1, 0], [0, 1]], block, k=1).estimate == 0.5
    rank = measure.counterfactual_rank(w, [[1, 0], [0, 1]], block).estimate
    assert rank == pytest.approx(5 / 3)


def test_small_propensities_count_in_full_and_places_without_clicks_need_none():
    weight = measure.ips_weights([True, True, False], range(3), [1.0, 1e-5, np.nan])
    assert weight == pytest.approx([1, 1e5, 0])
    log = measure.click_log([[1, 2], [1, -1]], np.array([[1, 1], [0, 0]], bool), [0, 0])
    evidence = measure.ips_evidence(log, [1.0, 1e-5])
    assert evidence.exposure == pytest.approx([2, 1e-5])
    assert evidence.rate == pytest.approx([0.5, 1e5])
    gain = measure.counterfactual_dcg([[1e5, 1.0], [0, 0]], [[0, 1], [0, 1]], [0, 1])
    assert gain.estimate == pytest.approx((1e5 + 1 / np.log2(3)) / 2)
