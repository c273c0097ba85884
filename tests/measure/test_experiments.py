"""Experiments and weighted estimates: against SciPy, and where the truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sevensteps import measure
from sevensteps.measure import block_bootstrap, doubly_robust, ips, snips
from sevensteps.measure.bootstrap import latency_quantile
from sevensteps.measure.experiment import unit_hash

RNG = np.random.default_rng(0)


def test_ab_test_equals_scipys_welch():
    a, b = RNG.lognormal(1, 1, 300), RNG.lognormal(0.9, 1.2, 200)
    ours, theirs = measure.ab_test(a, b), stats.ttest_ind(a, b, equal_var=False)
    bounds = theirs.confidence_interval(0.95)
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert (ours.difference.low, ours.difference.high) == pytest.approx(tuple(bounds))
    assert ours.difference.estimate == pytest.approx(a.mean() - b.mean())
    assert measure.ab_test([1.0, 1.0], [1.0, 1.0]).p_value == 1
    assert measure.ab_test([2.0, 2.0], [1.0, 1.0]).p_value == 0


def test_per_unit_counts_the_silent_as_zero():
    frame = pd.DataFrame({"v": RNG.random(500), "u": RNG.integers(0, 80, 500)})
    units = np.append(RNG.permutation(100), 500)  # the last one is silent
    want = frame.groupby("u")["v"].sum().reindex(units, fill_value=0)
    np.testing.assert_allclose(measure.per_unit(frame["v"], frame["u"], units), want)


def test_cuped_keeps_the_mean_and_removes_what_was_known():
    before = RNG.lognormal(0, 1, 5000)
    outcome = 2 * before + RNG.normal(0, 1, 5000)
    adjusted = measure.cuped(outcome, before)
    r = np.corrcoef(outcome, before)[0, 1]
    assert adjusted.mean() == pytest.approx(outcome.mean())
    assert adjusted.var() == pytest.approx(outcome.var() * (1 - r**2))


def test_the_detectable_effect_by_hand():
    """The normal quantiles of 97.5 and 80 per cent, and four hundred in each arm."""
    want = (1.959964 + 0.841621) * 3.0 * np.sqrt(2 / 400)
    assert measure.minimum_detectable_effect(3.0, 800, power=0.8) == pytest.approx(want)


@settings(deadline=None)
@given(st.floats(0.01, 2), st.floats(0.1, 10), st.floats(0.5, 0.95))
def test_a_sample_detects_the_effect_and_one_unit_less_does_not(effect, sd, power):
    n = measure.sample_size(effect, sd, power=power)
    assert measure.minimum_detectable_effect(sd, n, power=power) <= effect * (1 + 1e-9)
    if n > 4:
        fewer = measure.minimum_detectable_effect(sd, n - 1, power=power)
        assert fewer > effect * (1 - 1e-9)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=20), st.floats(0.05, 0.95))
def test_assignment_is_deterministic_fair_and_grows(salt, share):
    ids = np.arange(4000)
    treated = measure.assign(ids, salt, share) == "treatment"
    again = measure.assign(ids[::-1], salt, share)[::-1] == "treatment"
    assert (treated == again).all()
    assert stats.binomtest(int(treated.sum()), 4000, share).pvalue > 1e-6
    assert (measure.assign(ids, salt, share + 0.04) == "treatment")[treated].all()


@pytest.mark.parametrize("kind", [np.int64, np.int32])
def test_hashes_never_change(kind):
    """Also by plain integers in Python."""
    found = unit_hash(np.array([1, 2], kind), "salt")
    assert found.round(5).tolist() == [0.77073, 0.26896]


def test_sample_ratio_equals_scipy_and_finds_a_loss_of_units():
    arms = np.repeat(["treatment", "control"], [4790, 5210])
    check = measure.sample_ratio_check(arms)
    assert check.p_value == pytest.approx(stats.chisquare([5210, 4790]).pvalue)
    assert check.suspicious
    assert check.observed == {"control": 5210, "treatment": 4790}
    assert not measure.sample_ratio_check(
        measure.assign(range(10_000), "ok")
    ).suspicious


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
