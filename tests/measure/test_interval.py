"""Intervals: their arithmetic, what they refuse, how they read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.measure import Interval, block_bootstrap, bootstrap, significant


def test_of_takes_the_central_quantiles_and_leaves_out_what_is_missing():
    samples = np.append(np.arange(1001.0), np.nan)
    interval = Interval.of(samples, 500)
    got = (interval.low, interval.estimate, interval.high)
    assert got == pytest.approx((25, 500, 975))
    assert str(Interval.missing()) == "n/a"
    assert 0.5 not in Interval.missing()


@settings(deadline=None)
@given(st.floats(-1e300, 1e300))
def test_three_digits_are_three_digits(value):
    back = float(significant(value).replace(",", ""))
    assert back == pytest.approx(value, rel=0.0051)


def test_difference_is_paired():
    a = Interval.of([1.0, 5.0, 9.0], 5, resampling="x")
    b = Interval.of([0.0, 4.0, 8.0], 4, resampling="x")
    difference = a - b
    assert (difference.low, difference.estimate, difference.high) == (1, 1, 1)


def test_blocks_draw_each_day_as_often_as_the_next():
    blocks = block_bootstrap([3, 3, 5, 9], resamples=4000)
    assert blocks.code.tolist() == [0, 0, 1, 2]
    weight = blocks.totals(np.eye(3))
    assert weight[0].tolist() == [1, 1, 1]
    assert (weight.sum(axis=1) == 3).all()
    np.testing.assert_allclose(weight[1:].mean(axis=0), 1, atol=0.06)
    np.testing.assert_allclose(weight[1:].var(axis=0), 2 / 3, atol=0.06)
    assert blocks.total()[0] == 4


def test_many_blocks_are_drawn_a_few_resamples_at_a_time(monkeypatch):
    """In parts, or all at once: every resample draws as many blocks as there are."""
    monkeypatch.setattr(bootstrap, "AT_ONCE", 1_000)
    blocks = block_bootstrap(np.arange(300), resamples=50)
    weight = blocks.totals(np.eye(300))
    assert weight.shape == (51, 300)
    assert (weight.sum(axis=1) == 300).all()
    assert (blocks.totals(np.eye(300)) == weight).all()
    assert len(np.unique(weight, axis=0)) == 51
