"""Incidents are timed, thresholds keep their budget, a baseline sees change."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.monitor import Baseline, detect, max_by_monitor, threshold


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
