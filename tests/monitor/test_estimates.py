"""Estimates without labels, labels when they come, recall that halves."""

import numpy as np
import pytest

from sevensteps.monitor import expected_by_day, half_life, reports_by_day


def test_calibrated_scores_sum_to_the_positives_of_a_day() -> None:
    rng = np.random.default_rng(0)
    n, n_days = 400_000, 40
    p = rng.beta(0.02, 2, n)
    positive, day = rng.random(n) < p, rng.integers(0, n_days, n)
    expected = expected_by_day(p, day)
    spread = np.sqrt(np.bincount(day, p * (1 - p)))
    off = (np.bincount(day, positive) - expected) / spread
    assert 0.7 < off.std() < 1.3
    assert expected.index.tolist() == list(range(n_days))


def test_scores_must_be_probabilities_of_each_row() -> None:
    with pytest.raises(ValueError, match=r"within \[0, 1\].*row 1"):
        expected_by_day([0.5, 1.5], [0, 0])
    with pytest.raises(ValueError, match="differ in length"):
        expected_by_day([0.5], [0, 1])


def test_reports_count_when_they_arrive() -> None:
    count = reports_by_day([3, 1, 3, 9], [0, 1, 3, 7, 8, 9])
    assert count.tolist() == [0, 1, 3, 3, 2, 3]


def test_a_half_life_is_covered() -> None:
    rng = np.random.default_rng(0)
    day, n, true = np.arange(30), np.full(30, 25), 12.0
    fits = [
        half_life(day, n, rng.binomial(n, 0.8 * 0.5 ** (day / true))) for _ in range(60)
    ]
    assert np.mean([f.low <= true <= f.high for f in fits]) >= 0.88
    assert np.median([f.estimate for f in fits]) == pytest.approx(true, rel=0.1)


def test_no_decay_is_an_endless_half_life() -> None:
    rng = np.random.default_rng(1)
    n = np.full(30, 25)
    fit = half_life(np.arange(30), n, rng.binomial(n, 0.5))
    assert fit.high == np.inf
    assert fit.low > 30
    assert half_life([0, 1], [5, 5], [5, 5]).high == np.inf


@pytest.mark.parametrize(
    ("day", "n", "k", "said"),
    [
        ([0, 1], [5, 5], [1, 6], "row 1: caught 6 of 5"),
        ([0, 1], [5, 5], [0, 0], "nothing was caught"),
        ([2, 2], [5, 5], [1, 1], "two different days"),
        ([0, 1], [5], [1], "differ in length"),
        ([0, 1], [5, np.nan], [1, 1], "row 1"),
    ],
)
def test_a_half_life_needs_data(
    day: list[float], n: list[float], k: list[float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        half_life(day, n, k)
