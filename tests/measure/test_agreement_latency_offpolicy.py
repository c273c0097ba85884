"""Rank agreement, latency quantiles and off-policy estimates."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sevensteps.measure import (
    average_precision,
    effective_sample_size,
    ips,
    latency_quantile,
    rank_correlation,
    snips,
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=6), st.integers(0, 99))
def test_rho_equals_scipy_and_p_counts_all_orders(x, seed):
    y = np.random.default_rng(seed).normal(size=len(x))
    if len(set(x)) == 1:
        with pytest.raises(ValueError, match="alike"):
            rank_correlation(x, y)
        return
    got = rank_correlation(x, y)
    assert got.rho.estimate == pytest.approx(stats.spearmanr(x, y).statistic)
    ranks = stats.rankdata(x)
    orders = np.array(list(permutations(stats.rankdata(y))))
    chance = [abs(np.corrcoef(ranks, order)[0, 1]) for order in orders]
    want = np.mean(np.array(chance) >= abs(got.rho.estimate) - 1e-9)
    assert got.p_value == pytest.approx(want)


def test_perfect_agreement_and_many_candidates():
    same = rank_correlation([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    assert same.rho.estimate == pytest.approx(1)
    assert same.p_value == pytest.approx(2 / 120)
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    y = x + rng.normal(size=30)
    want = stats.spearmanr(x, y)
    got = rank_correlation(x, y)
    assert got.p_value == pytest.approx(want.pvalue, abs=0.005)
    with pytest.raises(ValueError, match="candidates"):
        rank_correlation([1, 2, 3], [1, 2, 3])


@pytest.mark.parametrize(
    ("n", "swaps", "rho", "low", "high"),
    [(5, 1, 0.9, -0.16889, 0.99607), (7, 3, 0.892857, 0.27003, 0.98892)],
)
def test_rank_interval_by_hand(n, swaps, rho, low, high):
    """atanh(rho) and 1.96 errors of the root of (1 + rho squared / 2) / (n - 3)."""
    y = np.arange(n)
    for i in range(swaps):
        y[[2 * i, 2 * i + 1]] = y[[2 * i + 1, 2 * i]]
    got = rank_correlation(np.arange(n), y).rho
    found = got.estimate, got.low, got.high
    assert found == pytest.approx((rho, low, high), abs=2e-5)


@pytest.mark.parametrize("estimate", [ips, snips])
def test_no_weight_is_clipped_unasked(estimate):
    """A weight of ten thousand counts ten thousand times."""
    reward, weight = [0.0, 1.0, 0.0, 0.0], [1.0, 10_000.0, 1.0, 1.0]
    over = 4 if estimate is ips else 10_003
    got = estimate(reward, weight, [0, 0, 1, 1]).estimate
    assert got == pytest.approx(10_000 / over)


def test_rank_interval_covers():
    rng, covered = np.random.default_rng(1), 0
    r = 0.8
    truth = 6 / np.pi * np.arcsin(r / 2)  # Spearman's rho of two normals
    for _ in range(300):
        x = rng.normal(size=10)
        y = r * x + np.sqrt(1 - r**2) * rng.normal(size=10)
        covered += truth in rank_correlation(x, y).rho
    assert covered >= 0.9 * 300


@pytest.mark.parametrize(("q", "n"), [(0.5, 50), (0.95, 400), (0.99, 2000)])
def test_latency_interval_equals_scipy_and_covers(q, n):
    values = np.random.default_rng(0).lognormal(size=n)
    got = latency_quantile(values, q)
    want = stats.quantile_test(values, p=q).confidence_interval()
    assert (got.low, got.high) == pytest.approx((want.low, want.high))
    many = np.random.default_rng(1).exponential(size=(400, n))
    covered = sum(-np.log(1 - q) in latency_quantile(row, q) for row in many)
    assert covered >= 0.93 * 400


def test_too_few_requests_give_no_upper_bound():
    assert np.isinf(latency_quantile(range(367), 0.99).high)
    assert np.isfinite(latency_quantile(range(368), 0.99).high)
    assert latency_quantile(range(1000), 0.5).estimate == 499
    with pytest.raises(ValueError, match="NaN"):
        latency_quantile([1.0, np.nan], 0.5)


def test_letting_some_through_restores_what_blocking_hides():
    rng = np.random.default_rng(0)
    n, epsilon = 50_000, 0.1
    p = rng.beta(0.1, 5, n)
    fraud, day = rng.random(n) < p, rng.integers(0, 30, n)
    score = p + rng.normal(0, 0.02, n)
    suspicious = score > 0.3
    passed = suspicious & (rng.random(n) < epsilon)
    weight = np.where(suspicious, np.where(passed, 1 / epsilon, 0.0), 1.0)
    seen = fraud & (weight > 0)

    rate = ips(seen, weight, day)
    assert fraud.mean() in rate
    assert fraud.mean() in snips(seen, weight, day)
    naive = seen[~suspicious].mean()
    assert naive < rate.low

    truth = average_precision(score, fraud, day)
    assert truth.estimate in average_precision(score, seen, day, weight=weight)
    hidden = average_precision(score[~suspicious], fraud[~suspicious], day[~suspicious])
    assert hidden.high < truth.low


def test_equal_weights_are_a_plain_mean():
    reward, day = np.arange(10.0), np.arange(10) % 3
    for estimate in (ips, snips):
        assert estimate(reward, np.ones(10), day).estimate == pytest.approx(4.5)
    assert effective_sample_size(np.full(7, 3.0)) == pytest.approx(7)


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 10), min_size=4, max_size=30))
def test_snips_stays_within_the_rewards(weight):
    reward = np.arange(len(weight)) % 2
    interval = snips(reward, weight, np.arange(len(weight)) // 2)
    assert 0 <= interval.low <= interval.high <= 1


def test_bad_weights_are_named():
    with pytest.raises(ValueError, match="zero everywhere"):
        ips([1, 1], [0, 0], [0, 1])
