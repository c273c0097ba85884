"""Candidates beside each other."""

import numpy as np

from sevensteps.measure import average_precision, scorecard

RNG = np.random.default_rng(0)
N = 5000
LABEL = RNG.random(N) < 0.03
DAY = RNG.integers(0, 20, N)
GOOD = RNG.normal(size=N) + 2 * LABEL
NEARLY = GOOD + RNG.normal(0, 0.2, N)


def test_rows_of_a_card_subtract_in_pairs():
    card = scorecard({"good": GOOD, "nearly": NEARLY}, LABEL, DAY, per_day=10)
    gain = card.loc["good"] - card.loc["nearly"]
    good, nearly = (average_precision(s, LABEL, DAY) for s in (GOOD, NEARLY))
    assert gain["average precision"] == good - nearly
    assert list(card.columns) == ["average precision", "recall", "precision", "ROC AUC"]


def test_a_paired_interval_is_narrower():
    single = average_precision(GOOD, LABEL, DAY)
    paired = single - average_precision(NEARLY, LABEL, DAY)
    assert paired.high - paired.low < 0.6 * (single.high - single.low)
