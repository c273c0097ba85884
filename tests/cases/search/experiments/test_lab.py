"""The drill's faults strike when they should, and its lab branches off one past."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.synonym_file import parse
from sevensteps.cases.search.experiments.faults import broken_readings, slipped
from sevensteps.cases.search.experiments.lab import Lab, daily_numbers

KINDS = ("broken_synonyms", "lost_speller", "stale_index", "sold_out")


@pytest.fixture(scope="module")
def lab(town):
    return Lab(town, calm=10, struck=3)


@pytest.fixture(scope="module")
def drilled(lab):
    return lab.drill(KINDS)


def test_a_slipped_file_reads_well_and_says_nonsense(town):
    text = "# kept\nsofa, couch, settee\nrug, carpet\nlamp, light\n"
    assert slipped(text) == "sofa, carpet\nrug, light\nlamp, couch, settee\n"
    whole = town.history.synonyms
    assert len(parse(slipped(whole), town.analyser).synonyms) > 100


def test_understanding_breaks_on_its_day_and_not_before(town):
    sound, said = town.understanding, town.history.synonyms
    for kind in ("broken_synonyms", "lost_speller"):
        reads = broken_readings(kind, sound, said, town.analyser, 9)
        assert reads.on(8) is sound
        assert reads.on(9) is not sound
    calm = broken_readings("stale_index", sound, said, town.analyser, 9)
    assert calm.on(9) is sound


def test_the_lab_prices_what_each_incident_took(drilled):
    _, lost = drilled
    assert set(lost) == set(KINDS)
    assert lost["broken_synonyms"].low > 0
    assert lost["broken_synonyms"].estimate > lost["stale_index"].estimate


def test_a_broken_file_is_noticed_by_more_than_one_monitor(drilled):
    result, _ = drilled
    noticed = result.result.delay.loc["broken_synonyms"].dropna()
    assert len(noticed) >= 2
    assert set(result.levels) == {"none", *KINDS}


def test_the_incident_s_first_days_are_the_calm_twin_s_until_it_strikes(lab, town):
    before = town.run(lab.company(None), lab.calm)
    calm = lab._branch(before, None)
    whole = town.run(lab.company(None), lab.calm + lab.struck)
    late = whole.searches.slice(before.searches.num_rows)
    assert calm.searches.equals(late.combine_chunks()) or calm.searches.equals(late)


def test_a_stale_index_never_shows_what_came_later(lab, town):
    before = town.run(lab.company(None), lab.calm)
    stale = lab._branch(before, "stale_index")
    shown = stale.searches["shown"].combine_chunks().flatten().to_numpy()
    listed = stale.products["listed_at"].to_numpy() // 86_400
    assert listed[shown[shown >= 0]].max() <= lab.first
    calm = lab._branch(before, None)
    shown = calm.searches["shown"].combine_chunks().flatten().to_numpy()
    assert listed[shown[shown >= 0]].max() > lab.first


def test_numbers_of_a_day_are_the_log_s(town, lab):
    outcome = town.run(lab.company(None), 3)
    table = daily_numbers(outcome, outcome)
    daily = outcome.daily
    assert table.index.tolist() == daily.index.tolist()
    rate = daily.without_results / daily.searches
    assert np.allclose(table["without results"], rate)
    assert np.allclose(table["clicks a search"], daily.clicks / daily.searches)
    assert np.isfinite(table).all().all()
