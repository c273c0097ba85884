"""Thresholds keep their budget; a baseline sees change either way."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.monitor import Baseline, max_by_monitor, threshold


@pytest.mark.parametrize("clean_days", [25, 60])
def test_a_threshold_keeps_its_budget_on_new_days(clean_days: int) -> None:
    rng = np.random.default_rng(0)
    rung = [
        (rng.exponential(size=300) > threshold(rng.exponential(size=clean_days))).mean()
        for _ in range(400)
    ]
    assert 0.7 < 30 * np.mean(rung) < 1.7


def test_a_budget_is_read_off_the_clean_days() -> None:
    assert threshold(np.arange(60.0)) == 57  # two days in sixty lie above


@pytest.mark.parametrize(
    ("clean", "said"),
    [
        (np.arange(9), "at least 10 clean days"),
        (np.r_[np.arange(20), np.nan], "must be finite"),
    ],
)
def test_a_threshold_needs_clean_days(clean: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        threshold(clean)


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
