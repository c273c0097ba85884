"""Metrics of scores against scikit-learn, and every resample against the slow way."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from sevensteps import measure
from sevensteps.cases.fraud import money
from sevensteps.cases.fraud.world import Costs
from sevensteps.measure import (
    average_precision,
    block_bootstrap,
    ranking,
    recall_at_fpr,
    roc_auc,
)


def sklearn_recall_at_fpr(label, score, sample_weight=None, fpr=0.1):
    false, true, _ = roc_curve(
        label, score, sample_weight=sample_weight, drop_intermediate=False
    )
    return true[false <= fpr + 1e-12].max()


METRICS = [
    (average_precision, average_precision_score, {}),
    (roc_auc, roc_auc_score, {}),
    (recall_at_fpr, sklearn_recall_at_fpr, {"fpr": 0.1}),
]


@st.composite
def tables(draw):
    """Scores with many ties, rare labels, a few days."""
    n = draw(st.integers(8, 80))
    seed = draw(st.integers(0, 2**32 - 1))
    levels = draw(st.sampled_from([2, 5, 1000]))
    rng = np.random.default_rng(seed)
    label = rng.random(n) < draw(st.sampled_from([0.1, 0.5, 0.9]))
    label[:2] = [True, False]
    day = rng.integers(0, 4, n)
    day[:2] = [0, 1]
    return rng.integers(0, levels, n) / levels, label, day


@pytest.mark.parametrize(("ours", "theirs", "options"), METRICS)
@settings(max_examples=40, deadline=None)
@given(table=tables(), weighted=st.booleans())
def test_estimate_equals_scikit_learn(ours, theirs, options, table, weighted):
    score, label, day = table
    rng = np.random.default_rng(0)
    weight = rng.choice([0.5, 1.0, 10.0], len(label)) if weighted else None
    got = ours(score, label, block_bootstrap(day, 200), weight=weight, **options)
    assert got.estimate == pytest.approx(theirs(label, score, sample_weight=weight))


@pytest.mark.parametrize(("ours", "theirs", "options"), METRICS)
@pytest.mark.parametrize("at_once", [1, 7, 2048])
def test_each_resample_equals_drawing_whole_days(
    ours, theirs, options, at_once, monkeypatch
):
    monkeypatch.setattr(ranking, "AT_ONCE", at_once)
    rng = np.random.default_rng(3)
    label, day = rng.random(400) < 0.1, rng.integers(0, 8, 400)
    score = (rng.normal(size=400) + 2 * label).round(1)
    days = block_bootstrap(day, 30)
    interval = ours(score, label, days, **options)
    weights = days.totals(np.eye(8))[1:]
    slow = [theirs(label, score, sample_weight=w[day]) for w in weights]
    np.testing.assert_allclose(interval.samples, slow)


def test_resamples_without_a_positive_are_left_out():
    score, label, day = [0.9, 0.1, 0.2, 0.3], [1, 0, 0, 0], [0, 0, 1, 2]
    interval = average_precision(score, label, day)
    assert np.isnan(interval.samples).any()
    assert (interval.low, interval.high) == (1, 1)


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


def test_each_resample_of_alerts_equals_drawing_whole_days():
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


@pytest.fixture(scope="module")
def rows():
    """Scores with ties, labels, days, amounts, and how often each row is repeated."""
    rng = np.random.default_rng(5)
    n = 4_000
    label, day = rng.random(n) < 0.05, rng.integers(0, 10, n)
    score = np.round(np.clip(0.1 + 0.3 * label + 0.2 * rng.normal(size=n), 0, 1), 2)
    times = np.where(label, 1, rng.integers(1, 6, n))
    return score, label, day, rng.gamma(2.0, 30.0, n), times


def both(metric, rows, *columns, **options):
    """A metric with weights, and on the rows written out in full."""
    score, label, day, amount, times = rows
    named = {"score": score, "label": label, "day": day, "amount": amount}
    short = [named[name] for name in columns]
    full = [np.repeat(column, times) for column in short]
    return metric(*short, weight=times, **options), metric(*full, **options)


@pytest.mark.parametrize(
    ("metric", "options"),
    [
        (measure.average_precision, {}),
        (measure.precision_at_budget, {"per_day": 40}),
        (measure.recall_at_budget, {"per_day": 40}),
        (measure.recall_at_budget, {"per_day": 100_000}),
        (measure.calibration_ratio, {}),
    ],
)
def test_weights_repeat_rows(metric, options, rows):
    weighted, repeated = both(metric, rows, "score", "label", "day", **options)
    assert weighted.estimate == pytest.approx(repeated.estimate)
    np.testing.assert_allclose(weighted.samples, repeated.samples)


def test_bins_and_the_price_of_a_review_count_all_who_are_stood_for(rows):
    bins, repeated = both(measure.reliability, rows, "score", "label")
    pd.testing.assert_frame_equal(bins, repeated)
    options = {"costs": Costs(review_cost=0.1, review_insults=0), "review_capacity": 50}
    named = "score", "amount", "day"
    price, repeated = both(money.review_price, rows, *named, **options)
    assert price == pytest.approx(repeated)
    assert price > 0


def test_money_counts_what_each_row_stands_for(rows):
    score, label, day, amount, times = rows
    block = np.where(score > 0.5, 3, 0)
    args = [block, 0 * block, label, amount, day]
    weighted = money.money_saved(*args, Costs(), weight=times)
    repeated = money.money_saved(*(np.repeat(a, times) for a in args), Costs())
    np.testing.assert_allclose(weighted.samples, repeated.samples)


def test_the_mean_day_resamples_days():
    daily = pd.Series([1.0, 2.0, 6.0, 3.0], index=[4, 5, 6, 7])
    mean = measure.mean_per_day(daily)
    drawn = measure.block_bootstrap(daily.index).totals(np.eye(4))[1:]
    assert mean.estimate == 3.0
    np.testing.assert_allclose(mean.samples, drawn @ daily.to_numpy() / 4)
