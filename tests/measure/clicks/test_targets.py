"""Weights, rates and counterfactual metrics against the truth of a simulated shop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.measure import (
    block_bootstrap,
    click_log,
    clip_tradeoff,
    counterfactual_dcg,
    counterfactual_rank,
    examined_evidence,
    inverse_rank,
    ips_evidence,
    ips_weights,
    naive_evidence,
    reranked,
)

PLACES = np.arange(6)


def logged(people, rng, n=3_000):
    shop = people.Shop.of(rng)
    query, shown, own = shop.search(rng, n)
    pull = shop.pull[query[:, None], own]
    log = click_log(shown, people.position_based(rng, pull, people.look), query)
    return shop, log, pull


def dcg(value, place):
    return (value / np.log2(place + 2)).sum(1).mean()


def test_another_order_is_estimated_without_bias_and_covered(people):
    """The truth is that of all shops: queries are drawn, not given."""

    def drawn(seed):
        rng = np.random.default_rng(seed)
        _, log, pull = logged(people, rng, 2_000)
        return log, pull, reranked(pull + 0.1 * rng.normal(size=pull.shape), log)

    shops = [drawn(1_000 + seed) for seed in range(400)]
    gain = np.mean([dcg(pull, place) for _, pull, place in shops])
    ranks = np.sum([(pull * (place + 1)).sum() for _, pull, place in shops])
    rank = ranks / np.sum([pull.sum() for _, pull, _ in shops])
    covered, off = [], []
    for seed in range(150):
        log, _, place = drawn(seed)
        right = ips_weights(log.clicked, PLACES, people.look)
        blocks = block_bootstrap(log.block, 200, seed)
        first = counterfactual_dcg(right, place, blocks)
        second = counterfactual_rank(right, place, blocks)
        covered.append((gain in first, rank in second))
        folklore = ips_weights(log.clicked, PLACES, inverse_rank(6))
        wrong = counterfactual_dcg(folklore, place, blocks)
        off.append((first.estimate / gain - 1, wrong.estimate / gain - 1))
    assert 0.90 <= np.mean(covered, axis=0).min() <= np.mean(covered) <= 0.985
    right_off, wrong_off = np.mean(off, axis=0)
    assert abs(right_off) < 0.01 < 0.1 < wrong_off


def test_clipping_trades_bias_for_effective_clicks(people):
    rng = np.random.default_rng(2)
    _, log, pull = logged(people, rng, 20_000)
    place = reranked(-pull, log)
    table = clip_tradeoff(log, people.look, place, [1, 2, 3, 10])
    assert (np.diff(table.estimate) >= 0).all()
    assert (np.diff(table.effective_clicks) <= 0).all()
    assert table.loc[1, "effective_clicks"] == log.clicked.sum()
    assert table.clipped.is_monotonic_decreasing
    assert table.loc[10, "clipped"] == 0
    truth = dcg(pull, place)
    assert table.low[10] <= truth <= table.high[10]
    assert table.high[1] < truth
    width = table.high - table.low
    assert width[1] < width[10]


def test_summed_propensities_are_unbiased_and_quieter_than_weighted_clicks(people):
    sums, means = [], []
    for seed in range(60):
        shop, log, _ = logged(people, np.random.default_rng(seed), 2_000)
        truth = shop.of_pairs(shop.pull, log)
        evidence = ips_evidence(log, people.look)
        shown = naive_evidence(log).exposure
        weight = ips_weights(log.clicked, PLACES, people.look)
        horvitz = np.bincount(log.pair.ravel(), weight.ravel(), log.n_pairs) / shown
        often = shown >= 5
        sums.append((evidence.rate - truth)[often])
        means.append((horvitz - truth)[often])
    error, other = np.concatenate(sums), np.concatenate(means)
    assert abs(error.mean()) < 0.005
    assert abs(other.mean()) < 0.005
    assert (error**2).mean() < 0.9 * (other**2).mean()


def test_all_above_the_last_click_was_examined():
    shown = [[1, 2, 3], [3, 2, 1], [1, 2, -1]]
    clicked = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], bool)
    got = examined_evidence(click_log(shown, clicked, [0, 0, 0]))
    assert dict(zip(got.pairs.product, got.exposure, strict=True)) == {1: 2, 2: 2, 3: 1}
    assert dict(zip(got.pairs.product, got.clicks, strict=True)) == {1: 1, 2: 1, 3: 1}


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_reranking_is_a_permutation_of_what_was_shown(seed):
    rng = np.random.default_rng(seed)
    shown = rng.permuted(np.tile(np.arange(5), (20, 1)), axis=1)
    shown[:, 3:][rng.random((20, 2)) < 0.5] = -1
    shown[0] = np.arange(5)
    log = click_log(shown, np.zeros((20, 5), bool), np.arange(20))
    score = rng.integers(0, 3, (20, 5)).astype(float)
    place = reranked(score, log)
    for row in range(20):
        there = shown[row] >= 0
        want = sorted(np.flatnonzero(there), key=lambda j: (-score[row, j], j))
        assert np.flatnonzero(there)[np.argsort(place[row][there])].tolist() == want
        assert (place[row][~there] == -1).all()


def test_products_that_are_not_listed_earn_nothing():
    w, block = np.array([[2.0, 1.0], [0, 0]]), [0, 1]
    got = counterfactual_dcg(w, [[0, -1], [0, 1]], block)
    assert got.estimate == pytest.approx(1)
    assert counterfactual_dcg(w, [[1, 0], [0, 1]], block, k=1).estimate == 0.5
    rank = counterfactual_rank(w, [[1, 0], [0, 1]], block).estimate
    assert rank == pytest.approx(5 / 3)


LOG = click_log([[1, 2]], np.array([[True, False]]), [0])


def test_places_without_clicks_need_no_propensity():
    assert ips_weights([True, False], [0, 1], [1.0, np.nan]).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ips_weights([True], [0], [np.nan]), "missing or zero at place 0"),
        (lambda: ips_weights([True], [1], [1.0, 0.0]), "missing or zero at place 1"),
        (lambda: ips_weights([True], [2], [1.0, 0.5]), "must lie in 0 .. 1"),
        (lambda: ips_weights([True], [0], [[1.0]]), "one value a place"),
        (lambda: ips_weights([True], [0], [1.0], clip=0.5), "at least 1"),
        (lambda: counterfactual_dcg([[1.0]], [[0, 1]], [0]), "tables alike"),
        (lambda: counterfactual_dcg([[np.inf]], [[0]], [0]), "clip"),
        (lambda: counterfactual_dcg([[1.0]], [[0.5]], [0]), "places from 0"),
        (lambda: counterfactual_dcg([[1.0]], [[0]], [0, 1]), "differ in length"),
        (lambda: counterfactual_rank([[2.0]] * 2, [[-1]] * 2, [0, 1]), "give its rank"),
        (lambda: ips_evidence(LOG, [1.0, 0.0]), "zero at place 1"),
        (lambda: reranked([[np.nan, 1]], LOG), "NaN where something was shown"),
        (lambda: reranked([1.0], LOG), "log's shape"),
        (lambda: clip_tradeoff(LOG, [1.0, 0.5], [[0, 1]], []), "`clips` is empty"),
    ],
)
def test_weights_that_cannot_be_are_refused(call, told):
    with pytest.raises(ValueError, match=told):
        call()
