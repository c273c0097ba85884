"""Off-policy estimates and all their resamples by hand; and latency quantiles."""

import numpy as np
import pytest
from scipy import stats

from sevensteps.measure import block_bootstrap, doubly_robust, ips, snips
from sevensteps.measure.bootstrap import latency_quantile


def test_weights_count_in_full_and_days_are_drawn_whole():
    """A weight of ten thousand counts ten thousand times: no clip was asked."""
    day = np.array([0, 0, 1, 1, 1])
    reward, weight = np.array([0.0, 1, 0, 1, 0]), np.array([1.0, 10_000, 1, 2, 3])
    model = np.array([0.5, 0.25, 0, 0.75, 1])
    value = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    robust = value + weight * (reward - model)
    drawn = block_bootstrap(day).totals(np.eye(2))[:, day]
    for got, above, below in (
        (ips(reward, weight, day), reward * weight, np.ones(5)),
        (snips(reward, weight, day), reward * weight, weight),
        (doubly_robust(reward, weight, model, value, day), robust, np.ones(5)),
    ):
        want = drawn @ above / (drawn @ below)
        assert got.estimate == pytest.approx(want[0])
        np.testing.assert_allclose(got.samples, want[1:])


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
