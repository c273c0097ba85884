"""Calibration against scikit-learn and against worlds whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from sevensteps.measure import calibration_ratio, prior_correction, reliability
from sevensteps.measure.calibration import binomial_interval

RNG = np.random.default_rng(1)
RARE_P = np.exp(RNG.normal(-10.5, 1.5, 1_000_000)).clip(0, 1)
RARE = RNG.random(1_000_000) < RARE_P


def test_bins_hold_what_is_between_their_edges():
    """By hand: 39.4 positives are expected; a bin ends before a quarter is reached."""
    p = np.repeat([0.05, 0.1, 0.2, 0.4], [190, 99, 50, 25])
    label = np.arange(364) % 7 == 0
    table = reliability(p, label, bins=4)
    assert table["predicted"].tolist() == pytest.approx([0.05, 0.1, 0.2, 0.4])
    assert table["rows"].tolist() == [190, 99, 50, 25]
    want = [label[p == value].mean() for value in (0.05, 0.1, 0.2, 0.4)]
    assert table["observed"].tolist() == pytest.approx(want)
    expected = [9.5, 9.9, 10, 10]
    assert table["expected_positives"].tolist() == pytest.approx(expected)
    bounds = binomial_interval(table["positives"], table["rows"])
    np.testing.assert_array_equal(table[["low", "high"]].T, bounds)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]), min_size=2, max_size=50))
def test_equal_probabilities_share_a_bin(values):
    label = np.arange(len(values)) % 2
    table = reliability(values, label, bins=4)
    assert table["rows"].sum() == len(values)
    assert len(table) <= len(set(values))
    assert table["positives"].sum() == label.sum()


def test_prior_correction_undoes_undersampling():
    kept = RARE | (RNG.random(len(RARE)) < 0.02)
    odds = RARE_P / (1 - RARE_P) / 0.02  # what a perfect model learns on the sample
    sampled = odds / (1 + odds)
    day = np.arange(len(RARE)) % 10
    np.testing.assert_allclose(prior_correction(sampled, 0.02), RARE_P)
    assert 1 in calibration_ratio(sampled[kept], RARE[kept], day[kept])
    assert calibration_ratio(sampled, RARE, day).low > 10
    assert 1 in calibration_ratio(prior_correction(sampled, 0.02), RARE, day)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1), st.floats(1e-9, 1))
def test_prior_correction_keeps_order_range_and_certainty(p, rate):
    assert prior_correction([0.0, 1.0], rate).tolist() == [0.0, 1.0]
    got = prior_correction(sorted(p), rate)
    assert (np.diff(got) >= -1e-15).all()
    assert ((got >= 0) & (got <= np.sort(p) + 1e-12)).all()


@settings(deadline=None)
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_binomial_interval_equals_scipy(hits):
    low, high = binomial_interval(*hits)
    want = binomtest(*hits).proportion_ci(method="exact")
    assert (float(low), float(high)) == pytest.approx((want.low, want.high), abs=1e-9)
