"""A row that stands for many counts as if it stood there so many times."""

import numpy as np
import pandas as pd
import pytest

from sevensteps import measure
from sevensteps.cases.fraud import money
from sevensteps.cases.fraud.world import Costs


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
