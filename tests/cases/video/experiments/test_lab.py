"""The drill's faults strike when they should, and its lab branches off one past."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases import video
from sevensteps.cases.video.experiments.lab import KEPT, MONITORS, Days, Heard, Watched
from sevensteps.cases.video.recommender import tower_training
from sevensteps.cases.video.recommender.examples import tower_examples
from sevensteps.cases.video.recommender.inputs import NAMES
from sevensteps.cases.video.recommender.towers import Plan

from .conftest import SHARES, VALUE


@pytest.fixture(scope="module")
def other(firm):
    """Towers of another training."""
    early = firm.town.events.take(firm.town.events.day < 7)
    clicks = tower_examples(early, firm.town.items, firm.town.viewers)
    plan = Plan(epochs=1, batch=256, seed=1)
    return tower_training.train(plan, firm.town.items, clicks)[0]


def test_an_index_that_stands_still_lacks_what_came_later(firm):
    items, towers = firm.town.items, firm.towers
    late = video.Rebuilt(towers, every=3, first=8)
    there = items.born <= 7
    assert np.array_equal(late(items, 7)[there], towers.items(items, 7)[there])
    held = late(items, 10)  # built on day 8
    new = items.born > 8
    assert new.any()
    assert not held[new].any()
    assert np.array_equal(held[~new], towers.items(items, 8)[~new])
    assert np.array_equal(late(items, 11), towers.items(items, 11))


def test_a_skewed_index_holds_the_other_towers_vectors(firm, other):
    items = firm.town.items
    skewed = video.Skewed(firm.towers, other, first=9)
    assert np.array_equal(skewed(items, 8), firm.towers.items(items, 8))
    assert np.array_equal(skewed(items, 9), other.items(items, 9))


def test_an_input_falls_silent_on_its_day_and_no_other_does():
    x = np.ones((4, len(NAMES)), np.float32)
    silent = video.Silent(column=3, first=5)
    assert silent(x, 4) is x
    broken = silent(x, 5)
    assert not broken[:, 3].any()
    assert np.delete(broken, 3, axis=1).all()
    assert x.all()


def test_a_search_through_other_vectors_finds_other_videos(firm, other):
    user = np.arange(40, dtype=np.int32)
    town, near = firm.town, {"shares": {"near": 40}}
    own = firm.policy(**near).pages(town.items, town.viewers, user)
    skewed = firm.policy(**near, indexed=video.Skewed(firm.towers, other, 0))
    found = skewed.pages(town.items, town.viewers, user)
    same = np.mean([np.isin(a, b).mean() for a, b in zip(own, found, strict=True)])
    assert same < 0.5


def test_a_heard_ranker_guesses_as_before_and_keeps_a_part(firm):
    heard = Heard(VALUE, firm.net)
    x = firm.rows.x[:1_000]
    assert np.array_equal(heard(x).click, firm.net(x).click)
    assert len(heard.told[0][0]) == -(-len(x) // KEPT)
    heard.silent, heard.day = video.Silent(0, 3), 3
    heard(x)
    assert not heard.told[3][0][:, 0].any()


@pytest.fixture(scope="module")
def learner(firm):
    """A company that retrains each week, from days of its past that are few."""
    town = firm.town
    told = town.events, town.looks, VALUE
    return video.Retraining(*told, shares=SHARES, cadence=7, per_day=2_000)


def test_every_number_that_a_monitor_reads_is_there(firm, learner):
    company = Watched.of(learner)
    days = Days.of(firm.town.run(company, 2), company.heard)
    named = {*days.numbers.columns, *NAMES}
    assert {name for of in MONITORS.values() for name in of} <= named
    assert list(days.numbers.index) == [12, 13]
    assert days.numbers["shown top 10"].between(0, 1).all()
    assert days.given.sum() != 0


def test_whoever_is_trained_anew_is_heard_too(firm, learner):
    company = Watched.of(replace(learner, cadence=1))
    firm.town.run(company, 2)
    assert company.learner.trained_on == [12, 13]
    assert set(company.heard.told) == {12, 13}
    assert company.heard.ranker is not company.heard


@pytest.fixture(scope="module")
def drilled(firm, learner, other):
    """A short drill of a harmless and of a harmful incident."""
    lab = video.Lab(firm.town, learner, other, calm=11, struck=3)
    return lab.drill(["stale_index", "silent_input"])


def test_a_silent_input_is_noticed_at_once_by_the_inputs(drilled):
    found, _ = drilled
    assert found.result.delay.loc["silent_input", "inputs"] == 0
    assert np.isnan(found.result.delay.loc["stale_index", "inputs"])


def test_the_calm_days_come_before_and_the_twin_goes_on(drilled):
    levels = drilled[0].levels
    assert list(levels["none"].index) == list(range(12, 26))
    assert list(levels["silent_input"].index) == [23, 24, 25]


def test_what_an_incident_took_has_an_interval(drilled):
    _, lost = drilled
    told = pd.Series(lost)
    assert list(told.index) == ["stale_index", "silent_input"]
    assert all(i.low < i.high for i in told)
