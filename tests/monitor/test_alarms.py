"""Thresholds keep their budget, and the drill times what they notice."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.monitor import Baseline, Case, alarms, drill, threshold


@pytest.mark.parametrize("budget", [0.25, 1.0, 3.0])
def test_a_threshold_keeps_its_budget_on_new_days(budget: float) -> None:
    rng = np.random.default_rng(0)
    rung = []
    for _ in range(400):
        level = threshold(rng.exponential(size=60), false_alarms_per_month=budget)
        rung.append(alarms(rng.exponential(size=300), level).mean() * 30)
    assert 0.6 * budget < np.mean(rung) < 1.6 * budget


def test_a_budget_is_read_off_the_clean_days() -> None:
    clean = np.arange(60.0)
    level = threshold(clean, false_alarms_per_month=2)  # four in sixty days
    assert alarms(clean, level).sum() == 4
    assert not alarms([np.nan, level], level).any()


@pytest.mark.parametrize(
    ("clean", "budget", "said"),
    [
        (np.arange(9), 1, "at least 10 clean days"),
        (np.r_[np.arange(20), np.nan], 1, "must be finite"),
        (np.arange(20), 0, "budget must lie"),
        (np.arange(20), 30, "budget must lie"),
    ],
)
def test_a_threshold_needs_clean_days(
    clean: np.ndarray, budget: float, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        threshold(clean, false_alarms_per_month=budget)


def test_a_baseline_sees_change_either_way() -> None:
    rng = np.random.default_rng(0)
    clean = pd.DataFrame({"a": rng.normal(10, 2, 200), "still": 3.0})
    base = Baseline.of(clean)
    now = pd.DataFrame({"a": [10.0, 20.0, 0.0], "still": [3.0, 3.0, 3.1]})
    score = base.surprise(now)
    assert score["a"].tolist() == pytest.approx([0, 5, 5], abs=0.9)
    assert score["still"].tolist() == [0, 0, np.inf]
    assert base.worst(now)[2] == np.inf
    with pytest.raises(ValueError, match="at least 10 clean days"):
        Baseline.of(clean.head(5))


def monitors(rng: np.random.Generator, days: int) -> pd.DataFrame:
    frame = pd.DataFrame(rng.normal(size=(days, 2)), columns=["sharp", "blind"])
    frame.index.name = "day"
    return frame


def test_a_drill_times_detection() -> None:
    rng = np.random.default_rng(0)
    hit = monitors(rng, 40)
    hit.loc[23:, "sharp"] += 50
    hit["blind"] = 0.0
    result = drill(
        monitors(rng, 200),
        monitors(rng, 300),
        {"breach": Case(hit, 20)},
        false_alarms_per_month=0.3,
    )
    assert result.delay.loc["breach", "sharp"] == 3
    assert np.isnan(result.delay.loc["breach", "blind"])
    assert result.table().loc["breach", "blind"] == "never"
    for rate in result.false_alarms.values():
        assert rate.low <= 0.3 <= rate.high


def test_an_early_alarm_is_false_not_prompt() -> None:
    rng = np.random.default_rng(0)
    early = monitors(rng, 40) * 0
    early.loc[5, "sharp"] = 99.0
    result = drill(monitors(rng, 200), monitors(rng, 30) * 0, {"x": Case(early, 20)})
    assert np.isnan(result.delay.loc["x", "sharp"])
    assert result.false_alarms["sharp"].estimate == pytest.approx(30 / 50)
    assert result.false_alarms["blind"].estimate == 0


def test_a_drill_names_what_is_missing() -> None:
    rng = np.random.default_rng(0)
    clean, case = monitors(rng, 50), monitors(rng, 20)
    with pytest.raises(ValueError, match="lacks monitors"):
        drill(clean, clean, {"x": Case(case[["sharp"]], 5)})
    with pytest.raises(ValueError, match="starts on day 30"):
        drill(clean, clean, {"x": Case(case, 30)})
