"""Thresholds keep their budget; a baseline sees change either way."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.monitor import Baseline, alarms, max_by_monitor, threshold


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
    base = Baseline.fit(clean)
    now = pd.DataFrame({"a": [10.0, 20.0, 0.0], "still": [3.0, 3.0, 3.1]})
    score = base.robust_z(now)
    assert score["a"].tolist() == pytest.approx([0, 5, 5], abs=0.9)
    assert score["still"].tolist() == [0, 0, np.inf]
    watched = max_by_monitor(score, {"both": ["a", "still"], "one": ["a"]})
    assert watched["both"].tolist() == [*score["a"][:2], np.inf]
    assert watched["one"].tolist() == score["a"].tolist()
    with pytest.raises(ValueError, match="at least 10 clean days"):
        Baseline.fit(clean.head(5))
