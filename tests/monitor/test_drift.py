"""Drift by hand, and on drifts that we plant."""

import numpy as np
import pytest

from sevensteps.monitor import (
    DriftReference,
    expected_by_day,
    half_life,
    psi,
    reports_by_day,
)


def test_psi_by_hand():
    by_hand = (0.4 - 0.5) * np.log(0.4 / 0.5) + (0.6 - 0.5) * np.log(0.6 / 0.5)
    assert psi([50, 50], [40, 60]) == pytest.approx(by_hand)
    assert psi([40, 60, 0], [400, 600, 5]) == pytest.approx(0, abs=2e-5)


def features(rng, n):
    """A number, a flag that is mostly zero, and a number that is often missing."""
    holed = np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n))
    return np.column_stack([rng.lognormal(3, 1, n), rng.random(n) < 0.02, holed])


NAMES = ("amount", "flag", "holed")


def drift(reference, rows):
    """PSI of each feature, of rows of one day."""
    return reference.psi_by_day(rows, np.zeros(len(rows))).loc[0].tolist()


def test_only_the_drifted_feature_drifts():
    rng = np.random.default_rng(0)
    reference = DriftReference.fit(features(rng, 20_000), NAMES)
    assert max(drift(reference, features(rng, 5_000))) < 0.01
    changes = (  # cents sent as euros, a flag for a fifth, a column that falls silent
        lambda was: was * 100,
        lambda was: rng.random(5_000) < 0.2,
        lambda was: was * np.nan,
    )
    for column, change in enumerate(changes):
        moved = features(rng, 5_000)
        moved[:, column] = change(moved[:, column])
        drifted = np.flatnonzero(np.array(drift(reference, moved)) > 0.25)
        assert drifted.tolist() == [column]


def test_bins_are_tenths_of_the_reference_and_one_for_what_is_missing():
    values = np.r_[np.arange(100.0), [np.nan] * 20]
    reference = DriftReference.fit(values[:, None], ["a"])
    moved = np.r_[np.full(60, 5.0), [np.nan] * 60]  # all in the first tenth, or missing
    by_hand = psi([9] + [10] * 8 + [11, 20], [60] + [0] * 9 + [60])
    assert drift(reference, moved[:, None]) == [pytest.approx(by_hand)]


def test_days_are_compared_one_by_one():
    rng = np.random.default_rng(0)
    reference = DriftReference.fit(features(rng, 5_000), NAMES)
    values, day = features(rng, 3_000), np.repeat([4, 5, 6], 1_000)
    values[day == 5, 0] *= 100
    shuffled = rng.permutation(len(day))
    table = reference.psi_by_day(values[shuffled], day[shuffled])
    assert table["amount"].idxmax() == 5
    assert table.index.tolist() == [4, 5, 6]
    for one in (4, 5, 6):
        assert table.loc[one].tolist() == drift(reference, values[day == one])


REFERENCE = DriftReference.fit(features(np.random.default_rng(0), 100), NAMES)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: psi([], []), "counts must be"),
        (lambda: psi([0, 0], [0, 0]), "counts must be"),
        (lambda: psi([-1, 2], [-1, 2]), "counts must be"),
        (lambda: psi([[1, 2]], [[1, 2]]), "counts must be"),
        (lambda: REFERENCE.psi_by_day(np.zeros((5, 2)), np.zeros(5)), "of 3 columns"),
        (lambda: REFERENCE.psi_by_day(np.zeros((5, 3)), [1] * 4), "features` 5, `d"),
        (lambda: DriftReference.fit(np.zeros((0, 3)), NAMES), "no rows"),
    ],
)
def test_what_cannot_be_compared_is_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()


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
