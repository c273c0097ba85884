"""Candidates are prepared as asked, and their probabilities mean what they say."""

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from sevensteps.cases.fraud.experiments import (
    Probability,
    linear,
    prepared,
    suspicion,
    trees,
)
from sevensteps.cases.fraud.experiments.models import signed_log


@pytest.fixture(scope="module")
def holed():
    """A heavy tail, a column with gaps, and labels that follow both."""
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.lognormal(3, 2, 600), rng.normal(5, 2, 600)])
    label = np.log(x[:, 0]) + x[:, 1] + rng.normal(size=600) > 9
    x[::7, 1] = np.nan
    return x.astype(np.float32), label


@pytest.mark.parametrize("indicator", [True, False])
@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("scale", [True, False])
def test_each_preparation_can_be_turned_off(holed, indicator, log, scale):
    x, label = holed
    model = linear(indicator=indicator, log=log, scale=scale).fit(x, label)
    expected = np.where(np.isnan(x), np.nanmedian(x, axis=0), x)
    if indicator:
        expected = np.column_stack([expected, np.isnan(x[:, 1])])
    if log:
        expected = signed_log(expected)
    if scale:
        expected = (expected - expected.mean(axis=0)) / expected.std(axis=0)
    np.testing.assert_allclose(model[:-1].transform(x), expected, rtol=1e-3, atol=1e-4)
    assert isinstance(model[-1], LogisticRegression)
    p = suspicion(model, x)
    np.testing.assert_array_equal(p, model.predict_proba(x)[:, 1])
    assert p[label].mean() > p[~label].mean() + 0.3


class Says:
    """A model that answers the first feature."""

    def predict_proba(self, x):
        assert len(x), "LightGBM refuses an empty batch"
        return np.column_stack([1 - x[:, 0], x[:, 0]])


def test_the_prior_is_put_back():
    x = np.array([[0.0], [0.1], [0.5], [0.9], [1.0]])
    p = Probability(Says(), kept=0.05)(x)
    assert p[[0, -1]].tolist() == pytest.approx([0, 1])
    odds, sampled = (q[1:-1] / (1 - q[1:-1]) for q in (p, x[:, 0]))
    np.testing.assert_allclose(odds, 0.05 * sampled)
    np.testing.assert_allclose(Probability(Says(), kept=1.0)(x), x[:, 0])
    assert Probability(Says(), kept=0.2)(x[:0]).shape == (0,)


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_outlier_is_suspicious(wrapped):
    x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    x[:5] += 12
    forest = IsolationForest(n_estimators=30, random_state=7)
    model = prepared(forest, log=False, scale=False) if wrapped else forest
    score = suspicion(model.fit(x), x)
    assert score[:5].min() > score[5:].max()


def rare(n, seed):
    """One fraud in a thousand, which two of four features tell."""
    rng = np.random.default_rng(seed)
    label = np.arange(n) % 1_000 == 0
    x = rng.normal(size=(n, 4))
    x[label, :2] += 2.5
    return x.round(1).astype(np.float32), label


def test_trees_hold_where_the_librarys_defaults_collapse():
    (x, label), (asked, answer) = rare(20_000, 0), rare(60_000, 1)
    ours, defaults = (
        average_precision_score(answer, suspicion(model.fit(x, label), asked))
        for model in (trees(n_jobs=1), LGBMClassifier(n_jobs=1, verbose=-1))
    )
    assert defaults < 0.1 < 0.3 < ours


def test_trees_are_equal_on_any_number_of_threads():
    x, label = rare(2_000, 2)
    small = {"n_estimators": 3, "min_sum_hessian_in_leaf": 1e-3}
    one, two = (trees(n_jobs=n, **small).fit(x, label).predict_proba(x) for n in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert len(np.unique(one)) > 2
