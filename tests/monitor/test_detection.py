"""Incidents are timed, drift is seen, thresholds keep their budget."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.monitor import (
    Baseline,
    DriftReference,
    detect,
    expected_by_day,
    half_life,
    max_by_monitor,
    psi,
    reports_by_day,
    threshold,
)


def noise(first, end, seed):
    """Two monitors that hum below 2, and one that is silent."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.uniform(0, 1.8, (end - first, 2)),
        columns=["sharp", "blind"],
        index=pd.RangeIndex(first, end, name="day"),
    )
    return frame.assign(silent=0.0)


@pytest.fixture
def monitors():
    """An incident on day 60 that is seen on days 63 and 67."""
    none = noise(10, 80, seed=0)
    none.loc[20, ["sharp", "blind"]] = 2.0  # the threshold, of fifty early days
    none.loc[30, ["sharp", "blind"]] = 2.0
    case = none.loc[60:].copy()
    case.loc[63, "sharp"] = case.loc[67, "sharp"] = 5.0
    case.loc[65, "silent"] = 1.0
    return {"none": none, "breach": case}


def test_an_incident_is_timed_from_its_first_day(monitors):
    found = detect(monitors, 60)
    delay = found.delay.loc["breach"]
    assert (delay["sharp"], delay["silent"]) == (3, 5)
    assert np.isnan(delay["blind"])
    assert found.false_alarms["sharp"].estimate == 0


def test_an_alarm_that_rings_without_the_incident_is_no_detection(monitors):
    monitors["none"].loc[63, "sharp"] = 5.0
    found = detect(monitors, 60)
    assert found.delay.loc["breach", "sharp"] == 7
    assert found.false_alarms["sharp"].estimate == pytest.approx(30 / 20)
    monitors["none"].loc[67, "sharp"] = 2.1
    assert np.isnan(detect(monitors, 60).delay.loc["breach", "sharp"])


def test_an_alarm_before_the_incident_is_not_prompt(monitors):
    early = noise(50, 60, seed=1)
    early.loc[55, "blind"] = 9.0
    monitors["breach"] = pd.concat([early, monitors["breach"]])
    found = detect(monitors, 60)
    assert np.isnan(found.delay.loc["breach", "blind"])


def test_levels_are_shares_of_the_threshold(monitors):
    found = detect(monitors, 60)
    limit = found.thresholds
    assert limit.to_dict() == {"sharp": 2, "blind": 2, "silent": 0}
    for kind, one in monitors.items():
        expected = one[["sharp", "blind"]] / limit[["sharp", "blind"]]
        pd.testing.assert_frame_equal(found.levels[kind], expected)


def test_what_is_missing_is_named(monitors):
    breach, clean = monitors["breach"], np.arange(20.0)
    for make, said in (
        (lambda: detect(monitors | {"breach": breach[["blind"]]}, 60), "lacks mon"),
        (lambda: detect(monitors | {"breach": breach[:0]}, 60), "no day from day 60"),
        (lambda: detect(monitors, 90), "must go on beyond day 90"),
        (lambda: threshold(clean[:9]), "at least 10 clean days"),
        (lambda: threshold([*clean, np.nan]), "must be finite"),
        (lambda: Baseline.fit(breach[:5]), "at least 10 clean days"),
    ):
        with pytest.raises(ValueError, match=said):
            make()


@pytest.mark.parametrize("clean_days", [25, 60])
def test_a_threshold_keeps_its_budget_on_new_days(clean_days):
    rng = np.random.default_rng(0)
    rung = [
        (rng.exponential(size=300) > threshold(rng.exponential(size=clean_days))).mean()
        for _ in range(400)
    ]
    assert 0.7 < 30 * np.mean(rung) < 1.7


def test_a_budget_is_read_off_the_clean_days():
    assert threshold(np.arange(60.0)) == 57  # two days in sixty lie above


def test_a_baseline_sees_change_either_way():
    rng = np.random.default_rng(0)
    clean = pd.DataFrame({"a": rng.normal(10, 2, 200), "still": 3.0})
    base = Baseline.fit(clean)
    now = pd.DataFrame({"a": [10.0, 20.0, 0.0], "still": [3.0, 3.0, 3.1]})
    score = base.robust_z(now)
    assert score["a"].tolist() == pytest.approx([0, 5, 5], abs=0.9)
    assert score["still"].tolist() == [0, 0, np.inf]
    watched = max_by_monitor(score, {"both": ["a", "still"], "one": ["a"]})
    assert watched["both"].tolist() == [*score["a"][:2], np.inf]
    assert watched["one"].tolist() == score["a"].tolist()


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
