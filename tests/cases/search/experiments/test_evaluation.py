"""QuerySample searches, what is found for them, and how good that is by the truth."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.experiments import (
    KINDS,
    GradedLists,
    OfflineEvaluation,
    QuerySample,
    query_kinds,
)
from sevensteps.cases.search.experiments.evaluation import CUT, GOOD
from sevensteps.rank.rankers import ColumnRanker


@pytest.fixture(scope="module")
def sample(shop):
    return QuerySample.draw(shop, 150, days=3)


@pytest.fixture(scope="module")
def evaluation(shop, sample):
    return OfflineEvaluation.of(shop, shop.engine, sample)


def test_a_sample_is_of_the_last_days_and_without_putting_back(shop, sample):
    log = shop.history.searches.to_pandas()
    late = log[(log["at"] >= 4 * 86_400) & (log.attempt == 0)]
    often = late.query_id.value_counts()
    assert sample.times.sum() == 150
    assert (sample.times <= often.loc[sample.query_id].to_numpy()).all()
    with pytest.raises(ValueError, match="can be drawn"):
        QuerySample.draw(shop, 10**6)


def test_what_is_not_found_counts_in_the_ideal_and_in_recall(shop, evaluation):
    answers = evaluation.answers
    fall = 1 / np.log2(np.arange(CUT) + 2)
    for row in range(12):
        query = answers.sample.query_id[[row]]
        every = shop.world.relevant(query, history=shop.history)
        best = np.sort(every["grade"])[::-1][:CUT]
        ideal = ((2.0**best - 1) * fall[: len(best)]).sum()
        first = np.where(answers.ids[row, :CUT] >= 0, answers.grade[row, :CUT], 0)
        expected = ((2.0**first - 1) * fall).sum() / ideal if ideal else np.nan
        assert answers.values()[row] == pytest.approx(expected, nan_ok=True)
        good = every["product_id"][every["grade"] >= GOOD]
        held = min(np.isin(good, answers.ids[row]).sum(), 100)
        expected = held / min(len(good), 100) if len(good) else np.nan
        assert answers.recall()[row] == pytest.approx(expected, nan_ok=True)


def test_no_order_beats_the_ceiling(evaluation):
    ceiling = evaluation.answers.ceiling()
    for values in (
        evaluation.answers.values(),
        evaluation.values(ColumnRanker("cosine")),
    ):
        assert np.nanmax(values - ceiling) < 1e-12
    assert np.nanmax(ceiling) <= 1


def test_nothing_found_counts_as_nothing(shop, sample):
    none = np.full((len(sample), 5), -1, np.int32)
    answers = GradedLists.of(shop, sample, none)
    assert len(answers.values()) == len(sample)
    assert np.nanmax(answers.values()) == 0
    assert np.nanmax(answers.recall()) == 0


def test_a_query_that_was_drawn_twice_counts_twice(sample):
    values = np.arange(len(sample), dtype=float)
    expected = (values * sample.times).sum() / sample.times.sum()
    assert sample.mean(values).estimate == pytest.approx(expected)
    some = sample.times > 1
    part = (values * sample.times)[some].sum() / sample.times[some].sum()
    assert sample.mean(values, some).estimate == pytest.approx(part)


def test_needs_are_redrawn_not_queries(sample):
    values = np.arange(len(sample), dtype=float)
    late = values >= len(sample) / 2
    two_needs = replace(sample, need=late.astype(np.int32))
    told = two_needs.mean(values)
    assert told.low == pytest.approx(two_needs.mean(values, ~late).estimate)
    assert told.high == pytest.approx(two_needs.mean(values, late).estimate)


def test_kinds_follow_the_truth(shop, sample):
    kinds = query_kinds(shop, sample)
    true = shop.world.true_queries().loc[sample.query_id]
    wrong, intent = true.true_mistyped.to_numpy(), true.true_intent.to_numpy()
    assert set(kinds) <= set(KINDS)
    assert ((kinds == "mistyped") == wrong).all()
    assert ((kinds == "a use") == ((intent == "exploratory") & ~wrong)).all()


def test_bands_hold_a_third_of_all_searches_each(shop):
    asked = shop.asked
    every = QuerySample(asked.query_id, asked.times)
    band = every.bands(shop)
    names = "head", "torso", "tail"
    shares = [asked.times[band == name].sum() / asked.times.sum() for name in names]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.02)
