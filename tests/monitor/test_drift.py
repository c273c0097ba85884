"""Drift by hand, and on drifts that we plant."""

import numpy as np
import pytest

from sevensteps.monitor import DriftReference, psi


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
