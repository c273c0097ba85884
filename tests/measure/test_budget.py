"""Budget metrics against a loop over days that a reader can check."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps import measure


def world(seed=0, n=3000, levels=10**9):
    rng = np.random.default_rng(seed)
    label, day = rng.random(n) < 0.02, rng.integers(0, 12, n)
    score = rng.normal(size=n) + 2 * label
    return np.floor(score * levels) / levels, label, day


def slow_alerts(score, day, per_day):
    chosen = np.zeros(len(score), bool)
    for d in np.unique(day):
        rows = np.flatnonzero(day == d)
        chosen[sorted(rows, key=lambda i: -score[i])[:per_day]] = True
    return chosen


@pytest.mark.parametrize("per_day", [1, 10, 100, 10_000])
def test_without_ties_it_is_the_top_of_each_day(per_day):
    score, label, day = world()
    chosen = slow_alerts(score, day, per_day)
    precision = measure.precision_at_budget(score, label, day, per_day=per_day)
    recall = measure.recall_at_budget(score, label, day, per_day=per_day)
    assert precision.estimate == pytest.approx(label[chosen].mean())
    assert recall.estimate == pytest.approx(chosen[label].mean())


def test_each_resample_equals_drawing_whole_days():
    score, label, day = world()
    chosen = slow_alerts(score, day, 5)
    recall = measure.recall_at_budget(score, label, day, per_day=5)
    weights = measure.block_bootstrap(day).totals(np.eye(12))[1:]
    for sample, drawn in zip(recall.samples, weights, strict=True):
        w = drawn[day]
        assert sample == pytest.approx((w * chosen * label).sum() / (w * label).sum())


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), per_day=st.integers(1, 300))
def test_ties_count_as_the_mean_over_random_orders(seed, per_day):
    score, label, day = world(seed, n=300, levels=1)
    label[:2] = True  # one seed in a hundred and fifty draws no positive
    rng = np.random.default_rng(seed)
    exact = measure.precision_at_budget(score, label, day, per_day=per_day)
    luck = []
    for _ in range(200):
        chosen = slow_alerts(score + rng.random(300) * 1e-6, day, per_day)
        luck.append(label[chosen].mean())
    error = np.std(luck) / np.sqrt(len(luck))
    assert abs(exact.estimate - np.mean(luck)) <= 5 * error + 1e-9


def test_rows_of_a_card_subtract_in_pairs_which_is_narrower():
    score, label, day = world()
    nearly = score + np.random.default_rng(0).normal(0, 0.2, len(score))
    card = measure.scorecard({"good": score, "nearly": nearly}, label, day, per_day=10)
    assert list(card.columns) == ["average precision", "recall", "precision", "ROC AUC"]
    gain = (card.loc["good"] - card.loc["nearly"])["average precision"]
    good, other = (measure.average_precision(s, label, day) for s in (score, nearly))
    assert gain == good - other
    assert gain.high - gain.low < 0.6 * (good.high - good.low)
