"""Estimates without labels, labels that mature, recall that halves."""

import numpy as np
import pytest

from sevensteps.monitor import chargebacks_by_day, estimate_by_day, half_life, matured


def test_calibrated_scores_tell_frauds_recall_and_precision() -> None:
    rng = np.random.default_rng(0)
    n, n_days = 400_000, 40
    p = rng.beta(0.02, 2, n)
    fraud, day, flagged = rng.random(n) < p, rng.integers(0, n_days, n), p > 0.2
    table = estimate_by_day(p, flagged, day)
    frauds = np.bincount(day, fraud)
    inside = (table["frauds_low"] <= frauds) & (frauds <= table["frauds_high"])
    assert 0.85 <= inside.mean() <= 1
    caught = np.bincount(day, fraud & flagged)
    assert table["recall"].mean() == pytest.approx(
        caught.sum() / frauds.sum(), rel=0.05
    )
    precise = caught.sum() / np.bincount(day, flagged).sum()
    assert table["precision"].mean() == pytest.approx(precise, rel=0.05)
    assert table["alerts"].sum() == flagged.sum()


def test_nothing_expected_is_not_a_number() -> None:
    table = estimate_by_day([0.0, 0.5], [False, False], [1, 2])
    assert np.isnan(table.loc[1, "recall"])
    assert np.isnan(table.loc[2, "precision"])
    assert table.loc[2, "recall"] == 0


def test_scores_must_be_probabilities() -> None:
    with pytest.raises(ValueError, match=r"row 1: 1\.5 is no probability"):
        estimate_by_day([0.5, 1.5], [True, True], [0, 0])
    with pytest.raises(ValueError, match="row 0: nan"):
        estimate_by_day([np.nan], [True], [0])
    with pytest.raises(ValueError, match="lengths differ"):
        estimate_by_day([0.5], [True, False], [0])


def test_chargebacks_count_when_they_arrive() -> None:
    told = chargebacks_by_day([3, 1, 3, 9], [0, 1, 3, 7, 8, 9], window=7)
    assert told.tolist() == [0, 1, 3, 3, 2, 3]
    with pytest.raises(ValueError, match="at least one day"):
        chargebacks_by_day([1], [1], window=0)


def test_maturity_is_the_share_reported() -> None:
    assert matured([1, 2, 3, 4], [0, 2, 9]).tolist() == [0, 0.5, 1]
    for bad in ([], [-1], [np.nan]):
        with pytest.raises(ValueError, match="delays must be"):
            matured(bad, [1])


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
        ([0, 1], [5, 5], [0, 0], "no fraud was caught"),
        ([2, 2], [5, 5], [1, 1], "two different days"),
        ([0, 1], [5], [1], "lengths differ"),
        ([0, 1], [5, np.nan], [1, 1], "row 1"),
    ],
)
def test_a_half_life_needs_data(
    day: list[float], n: list[float], k: list[float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        half_life(day, n, k)
