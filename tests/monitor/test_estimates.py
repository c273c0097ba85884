"""Estimates without labels, labels when they come, recall that halves."""

import numpy as np
import pytest

from sevensteps.monitor import expected_by_day, half_life, reports_by_day


def test_the_scores_of_a_day_sum_to_what_is_expected():
    expected = expected_by_day([0.5, 0.25, 1.0, 0.0], [4, 6, 4, 6])
    assert expected.to_dict() == {4: 1.5, 6: 0.25}


def test_reports_count_when_they_arrive():
    count = reports_by_day([3, 1, 3, 9], [0, 1, 3, 7, 8, 9])
    assert count.tolist() == [0, 1, 3, 3, 2, 3]


def test_a_half_life_is_covered():
    rng = np.random.default_rng(0)
    day, n, true = np.arange(30), np.full(30, 25), 12.0
    fits = [
        half_life(day, n, rng.binomial(n, 0.8 * 0.5 ** (day / true))) for _ in range(60)
    ]
    assert np.mean([f.low <= true <= f.high for f in fits]) >= 0.88
    assert np.median([f.estimate for f in fits]) == pytest.approx(true, rel=0.1)


def test_no_decay_is_an_endless_half_life():
    rng = np.random.default_rng(1)
    n = np.full(30, 25)
    fit = half_life(np.arange(30), n, rng.binomial(n, 0.5))
    assert fit.high == np.inf
    assert fit.low > 30
    assert half_life([0, 1], [5, 5], [5, 5]).high == np.inf


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: expected_by_day([0.5, 1.5], [0, 0]), r"within \[0, 1\].*row 1"),
        (lambda: expected_by_day([0.5], [0, 1]), "differ in length"),
        (lambda: half_life([0, 1], [5, 5], [1, 6]), "row 1: caught 6 of 5"),
        (lambda: half_life([0, 1], [5, 5], [0, 0]), "nothing was caught"),
        (lambda: half_life([2, 2], [5, 5], [1, 1]), "two different days"),
        (lambda: half_life([0, 1], [5], [1]), "differ in length"),
        (lambda: half_life([0, 1], [5, np.nan], [1, 1]), "row 1"),
    ],
)
def test_what_cannot_be_estimated_is_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()
