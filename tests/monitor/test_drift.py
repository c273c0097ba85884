"""Drift measures against SciPy, and on drifts that we plant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sevensteps.monitor import Reference, chi_square, ks_distance, psi

counts = st.lists(st.integers(0, 1_000), min_size=2, max_size=8).filter(any)


@given(counts)
def test_psi_is_zero_for_equal_shares_and_symmetric(left: list[int]) -> None:
    right = left[::-1]
    assert psi(left, left) == 0
    assert psi(left, right) >= 0
    assert psi(left, right) == pytest.approx(psi(right, left))


def test_psi_by_hand() -> None:
    by_hand = (0.4 - 0.5) * np.log(0.4 / 0.5) + (0.6 - 0.5) * np.log(0.6 / 0.5)
    assert psi([50, 50], [40, 60]) == pytest.approx(by_hand)


@pytest.mark.parametrize("bad", [[], [0, 0], [-1, 2], [[1, 2]]])
def test_psi_refuses_no_counts(bad: list[int]) -> None:
    with pytest.raises(ValueError, match="counts must be"):
        psi(bad, bad)


def test_ks_is_scipys() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(0, 1, 700), rng.normal(0.3, 1, 500).round(1)
    expected = stats.ks_2samp(left, right).statistic
    assert ks_distance(left, np.r_[right, np.nan]) == pytest.approx(expected)
    assert np.isnan(ks_distance(left, [np.nan]))


def test_chi_square_is_scipys() -> None:
    left, right = [10, 20, 30], [20, 15, 40]
    expected = stats.chi2_contingency([left, right])
    assert chi_square(left, right) == pytest.approx(
        (expected.statistic, expected.pvalue)
    )
    assert chi_square([*left, 0], [*right, 0]) == chi_square(left, right)
    assert chi_square([5, 0], [9, 0]) == (0, 1)


def features(rng: np.random.Generator, n: int) -> np.ndarray:
    """A number, a flag that is mostly zero, and a number that is often missing."""
    holed = np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n))
    return np.column_stack([rng.lognormal(3, 1, n), rng.random(n) < 0.02, holed])


NAMES = ("amount", "flag", "holed")


def test_only_the_drifted_feature_drifts() -> None:
    rng = np.random.default_rng(0)
    reference = Reference.of(features(rng, 20_000), NAMES)
    still = reference.compare(features(rng, 5_000))
    assert (still["psi"] < 0.01).all()
    assert (still["p_value"] > 1e-4).all()
    moved = features(rng, 5_000)
    moved[:, 0] *= 100  # cents sent as euros
    assert reference.compare(moved)["psi"].gt(0.25).tolist() == [True, False, False]
    flags = features(rng, 5_000)
    flags[:, 1] = rng.random(5_000) < 0.2
    assert reference.compare(flags)["psi"].gt(0.25).tolist() == [False, True, False]
    silent = features(rng, 5_000)
    silent[:, 2] = np.nan
    told = reference.compare(silent)
    assert told["psi"].gt(0.25).tolist() == [False, False, True]
    assert told.loc["holed", "missing"] == 1
    assert np.isnan(told.loc["holed", "ks"])


def test_days_are_compared_one_by_one() -> None:
    rng = np.random.default_rng(0)
    reference = Reference.of(features(rng, 5_000), NAMES)
    values, day = features(rng, 3_000), np.repeat([4, 5, 6], 1_000)
    values[day == 5, 0] *= 100
    shuffled = rng.permutation(len(day))
    table = reference.psi_by_day(values[shuffled], day[shuffled])
    assert table["amount"].idxmax() == 5
    assert table.index.tolist() == [4, 5, 6]
    for one in (4, 5, 6):
        alone = reference.compare(values[day == one])["psi"]
        np.testing.assert_array_equal(table.loc[one], alone)


def test_drift_refuses_what_it_cannot_compare() -> None:
    rng = np.random.default_rng(0)
    reference = Reference.of(features(rng, 100), NAMES)
    with pytest.raises(ValueError, match="matrix of 3 columns"):
        reference.compare(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="no rows"):
        reference.compare(np.zeros((0, 3)))
    with pytest.raises(ValueError, match="5 rows but 4 days"):
        reference.psi_by_day(np.zeros((5, 3)), [1, 1, 1, 1])
    with pytest.raises(ValueError, match="need rows"):
        Reference.of(np.zeros((0, 3)), NAMES)
