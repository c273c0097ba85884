"""Calibration against SciPy, and values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from sevensteps.measure import calibration_ratio, prior_correction, reliability
from sevensteps.measure.calibration import binomial_interval


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
    p = np.logspace(-9, -0.01, 50)
    odds = p / (1 - p) / 0.02  # what a perfect model learns on the sample
    np.testing.assert_allclose(prior_correction(odds / (1 + odds), 0.02), p)


def test_a_ratio_is_what_was_predicted_over_what_was_seen():
    ratio = calibration_ratio([0.5, 0.5, 0.75, 0.25], [1, 0, 1, 0], [0, 0, 1, 1])
    assert calibration_ratio([0.9, 0.9, 0.2], [1, 0, 0], [0, 1, 1]).estimate == 2
    assert ratio.estimate == ratio.low == ratio.high == 1


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
