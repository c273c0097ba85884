"""What monitors of a shop read, and the faults that should set them off."""

import numpy as np
import pytest

from sevensteps.cases.search.experiments import incident_drill
from sevensteps.cases.search.experiments.drill import (
    broken_synonyms,
    daily_numbers,
    lost_speller,
    shifted_synonyms,
)
from sevensteps.rank.phrases import parse

from .conftest import newest_shown


@pytest.fixture(scope="module")
def drill(shop):
    return incident_drill(shop, baseline_days=10, incident_days=3)


@pytest.fixture(scope="module")
def before(drill):
    return drill.baseline()


def test_a_slipped_file_reads_well_and_says_nonsense(shop):
    text = "# kept\nsofa, couch, settee\nrug, carpet\nlamp, light\n"
    assert shifted_synonyms(text) == "sofa, carpet\nrug, light\nlamp, couch, settee\n"
    whole = shop.history.synonyms
    assert len(parse(shifted_synonyms(whole), shop.analyser).others) > 100


def test_a_fault_breaks_its_part_and_no_other(shop):
    policy, sound = shop.policy(), shop.understanding
    synonyms = shop.history.synonyms
    broken = broken_synonyms(policy, 9, synonyms=synonyms).understanding
    assert broken.synonyms != sound.synonyms
    assert broken.speller is sound.speller
    mute = lost_speller(policy, 9).understanding
    assert mute.synonyms is sound.synonyms
    assert mute.reading("black hiking boots kinxedt").corrected == ()
    assert policy.understanding is sound


def test_a_stale_index_never_shows_what_came_later(drill, before):
    newest = [
        newest_shown(drill.branch(before, kind).outcome)
        for kind in ("stale_index", None)
    ]
    assert newest[0] <= drill.first_day < newest[1]


def test_numbers_of_a_day_are_the_log_s(before):
    daily = before.outcome.daily
    table = daily_numbers(before.outcome, before.outcome)
    assert table.index.tolist() == daily.index.tolist()
    assert np.allclose(table["without results"], daily.without_results / daily.searches)
    assert np.allclose(table["clicks a search"], daily.clicks / daily.searches)
    assert np.isfinite(table).all().all()
