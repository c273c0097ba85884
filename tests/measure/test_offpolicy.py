"""Off-policy estimates against logs whose truth is known; and latency quantiles."""

import numpy as np
import pytest
from scipy import stats

from sevensteps.measure import average_precision, doubly_robust, ips, snips
from sevensteps.measure.latency import latency_quantile

DAY = np.arange(4_000) % 40


@pytest.mark.parametrize("estimate", [ips, snips])
def test_no_weight_is_clipped_unasked(estimate):
    """A weight of ten thousand counts ten thousand times."""
    reward, weight = [0.0, 1.0, 0.0, 0.0], [1.0, 10_000.0, 1.0, 1.0]
    over = 4 if estimate is ips else 10_003
    got = estimate(reward, weight, [0, 0, 1, 1]).estimate
    assert got == pytest.approx(10_000 / over)


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
    assert seen[~suspicious].mean() < rate.low
    truth = average_precision(score, fraud, day)
    assert truth.estimate in average_precision(score, seen, day, weight=weight)


@pytest.mark.parametrize(
    ("weight", "why"), [([0, 0], "zero everywhere"), ([1, -1], "negative")]
)
def test_bad_weights_are_named(weight, why):
    with pytest.raises(ValueError, match=why):
        ips([1, 1], weight, [0, 1])


def logged(rng, n=4_000):
    """A logged choice among five actions, and another policy's: (true, log, weight)."""
    mean = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    odds, target = np.array([0.4, 0.3, 0.1, 0.1, 0.1]), np.array([0, 0, 0.2, 0.3, 0.5])
    action = rng.choice(5, n, p=odds)
    reward = (rng.random(n) < mean[action]).astype(float)
    return target, action, reward, (target / odds)[action]


def test_doubly_robust_is_right_if_either_is():
    mean, bad = np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.full(5, 0.05)
    rng, got = np.random.default_rng(1), []
    for _ in range(60):
        target, action, reward, weight = logged(rng)
        ways = (np.ones(4_000), mean), (weight, bad), (np.ones(4_000), bad)
        estimates = [
            doubly_robust(reward, w, m[action], np.full(4_000, target @ m), DAY)
            for w, m in ways
        ]
        got.append([each.estimate for each in estimates])
    model_right, odds_right, both_wrong = np.mean(got, axis=0) - target @ mean
    assert abs(model_right) < 0.004
    assert abs(odds_right) < 0.008
    assert abs(both_wrong) > 0.1


def test_a_good_model_makes_it_less_noisy_and_none_the_weighted_mean():
    mean = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    target, action, reward, weight = logged(np.random.default_rng(2))
    plain, none = ips(reward, weight, DAY), np.zeros(4_000)
    value = np.full(4_000, target @ mean)
    robust = doubly_robust(reward, weight, mean[action], value, DAY)
    assert robust.high - robust.low < 0.9 * (plain.high - plain.low)
    assert target @ mean in robust
    assert doubly_robust(reward, weight, none, none, DAY) == plain


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
