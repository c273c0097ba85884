"""Ranking metrics against scikit-learn, and every resample against the slow way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

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
