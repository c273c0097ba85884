"""Candidates and groups beside each other."""

import numpy as np
import pytest

from sevensteps.measure import average_precision, by_group, paired_difference, scorecard

RNG = np.random.default_rng(0)
N = 5000
LABEL = RNG.random(N) < 0.03
DAY = RNG.integers(0, 20, N)
GOOD = RNG.normal(size=N) + 2 * LABEL
NEARLY = GOOD + RNG.normal(0, 0.2, N)


def test_rows_of_a_card_subtract_in_pairs():
    card = scorecard({"good": GOOD, "nearly": NEARLY}, LABEL, DAY, per_day=10)
    gain = card.loc["good"] - card.loc["nearly"]
    direct = paired_difference(average_precision, GOOD, NEARLY, LABEL, DAY)
    assert gain["average precision"] == direct
    assert list(card.columns) == ["average precision", "recall", "precision", "ROC AUC"]


def test_a_paired_interval_is_narrower():
    single = average_precision(GOOD, LABEL, DAY)
    paired = paired_difference(average_precision, GOOD, NEARLY, LABEL, DAY)
    assert paired.high - paired.low < 0.6 * (single.high - single.low)


def test_groups_are_measured_apart_and_empty_ones_say_so():
    group = np.where(np.arange(N) < 100, "new", "old").astype(object)
    label = LABEL & (group == "old")
    table = by_group(average_precision, GOOD, label, DAY, group)
    assert table["rows"].to_dict() == {"new": 100, "old": 4900}
    assert str(table.loc["new", "metric"]) == "n/a"
    old = group == "old"
    want = average_precision(GOOD[old], label[old], DAY[old])
    assert table.loc["old", "metric"] == want


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="`group` 3"):
        by_group(average_precision, GOOD, LABEL, DAY, ["a", "b", "c"])
