"""Drawn searches, what is found for them, and how good that is by the truth."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.engine.rankers import ColumnRanker
from sevensteps.cases.search.experiments import (
    KINDS,
    Answers,
    Drawn,
    Trial,
    query_kinds,
)
from sevensteps.cases.search.experiments.trial import CUT, GOOD


@pytest.fixture(scope="module")
def drawn(town):
    return Drawn.of(town, 150, days=3)


@pytest.fixture(scope="module")
def trial(town, drawn):
    return Trial.of(town, town.engine, drawn)


def test_a_draw_is_of_the_last_days_and_without_putting_back(town, drawn):
    log = town.history.searches.to_pandas()
    late = log[(log["at"] >= 4 * 86_400) & (log.attempt == 0)]
    often = late.query_id.value_counts()
    assert drawn.times.sum() == 150
    assert (drawn.times <= often.loc[drawn.query_id].to_numpy()).all()
    with pytest.raises(ValueError, match="can be drawn"):
        Drawn.of(town, 10**6)


def test_what_is_not_found_counts_in_the_ideal(town, trial):
    world, past = town.world, town.history
    for row in range(12):
        answers = trial.answers
        every = world.relevant(trial.answers.drawn.query_id[[row]], history=past)
        best = np.sort(every["grade"])[::-1][:CUT]
        ideal = ((2.0**best - 1) / np.log2(np.arange(len(best)) + 2)).sum()
        first = answers.grade[row, :CUT].astype(float)
        place = np.arange(CUT)
        got = ((2**first - 1) / np.log2(place + 2))[answers.ids[row, :CUT] >= 0].sum()
        told = answers.values()[row]
        assert np.isnan(told) if ideal == 0 else told == pytest.approx(got / ideal)


def test_no_order_beats_the_ceiling(trial):
    order = trial.answers.values(), trial.values(ColumnRanker("cosine"))
    ceiling = trial.answers.ceiling()
    assert all(np.nanmax(values - ceiling) < 1e-12 for values in order)
    assert np.nanmax(ceiling) <= 1


def test_recall_is_of_the_good_products_that_there_are(town, trial):
    row = 3
    query = trial.answers.drawn.query_id[[row]]
    good = town.world.relevant(query, at_least=GOOD, history=town.history)
    held = np.isin(good["product_id"], trial.answers.ids[row]).sum()
    expected = min(held, 100) / min(len(good), 100) if len(good) else np.nan
    assert trial.answers.recall()[row] == pytest.approx(expected, nan_ok=True)


def test_nothing_found_counts_as_nothing(town, drawn):
    none = np.full((len(drawn), 5), -1, np.int32)
    answers = Answers.of(town, drawn, none)
    values = answers.values()
    assert len(values) == len(drawn)
    assert np.nanmax(values) == 0
    assert np.nanmax(answers.recall()) == 0


def test_a_query_that_was_drawn_twice_counts_twice(drawn):
    values = np.arange(len(drawn), dtype=float)
    expected = (values * drawn.times).sum() / drawn.times.sum()
    assert drawn.mean(values).estimate == pytest.approx(expected)
    some = drawn.times > 1
    if some.any():
        part = (values * drawn.times)[some].sum() / drawn.times[some].sum()
        assert drawn.mean(values, some).estimate == pytest.approx(part)


def test_needs_are_redrawn_not_queries(drawn):
    values = np.arange(len(drawn), dtype=float)
    late = values >= len(drawn) / 2
    two_needs = replace(drawn, need=late.astype(np.int32))
    told = two_needs.mean(values)
    assert told.low == pytest.approx(two_needs.mean(values, ~late).estimate)
    assert told.high == pytest.approx(two_needs.mean(values, late).estimate)


def test_kinds_follow_the_truth(town, drawn):
    kinds = query_kinds(town, drawn)
    true = town.world.true_queries().loc[drawn.query_id]
    assert set(kinds) <= set(KINDS)
    assert ((kinds == "mistyped") == true.true_mistyped.to_numpy()).all()
    well = ~true.true_mistyped.to_numpy()
    use = true.true_intent.to_numpy() == "exploratory"
    assert ((kinds == "a use") == (use & well)).all()


def test_bands_hold_a_third_of_all_searches_each(town):
    asked = town.asked
    every = Drawn(asked.query_id, asked.times)
    band = every.bands(town)
    shares = [asked.times[band == b].sum() / asked.times.sum() for b in
              ("head", "torso", "tail")]  # fmt: skip
    assert shares == pytest.approx([1 / 3] * 3, abs=0.02)
