"""Faults that break a recommender from a day on, and what its monitors read."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.video import experiments as video
from sevensteps.cases.video.experiments.drill import (
    KEPT,
    MONITORS,
    RecordedDays,
    RecordedPolicy,
    RecordingRanker,
)
from sevensteps.cases.video.experiments.faults import SilentInput, SkewedIndex
from sevensteps.cases.video.recommender import tower_training
from sevensteps.cases.video.recommender.examples import tower_examples
from sevensteps.cases.video.recommender.inputs import NAMES
from sevensteps.rank.towers import TowerPlan

from .conftest import SHARES, VALUE


@pytest.fixture(scope="module")
def other(firm):
    """Towers of another training."""
    early = firm.sim.events.take(firm.sim.events.day < 7)
    clicks = tower_examples(early, firm.sim.items, firm.sim.viewers)
    plan = TowerPlan(epochs=1, batch=256, seed=1)
    return tower_training.train(plan, firm.sim.items, clicks)[0]


def test_an_index_that_stands_still_lacks_what_came_later(firm):
    items, towers = firm.sim.items, firm.towers
    late = video.RareRebuild(towers, every=3, first=8)
    there = items.born <= 7
    assert np.array_equal(late(items, 7)[there], towers.items(items, 7)[there])
    held = late(items, 10)  # built on day 8
    new = items.born > 8
    assert new.any()
    assert not held[new].any()
    assert np.array_equal(held[~new], towers.items(items, 8)[~new])
    assert np.array_equal(late(items, 11), towers.items(items, 11))


def test_a_skewed_index_holds_the_other_towers_vectors(firm, other):
    items = firm.sim.items
    skewed = SkewedIndex(firm.towers, other, first=9)
    assert np.array_equal(skewed(items, 8), firm.towers.items(items, 8))
    assert np.array_equal(skewed(items, 9), other.items(items, 9))


def test_an_input_falls_silent_on_its_day_and_no_other_does():
    x = np.ones((4, len(NAMES)), np.float32)
    silent = SilentInput(column=3, first=5)
    assert silent(x, 4) is x
    broken = silent(x, 5)
    assert not broken[:, 3].any()
    assert np.delete(broken, 3, axis=1).all()
    assert x.all()


def test_a_search_through_other_vectors_finds_other_videos(firm, other):
    user = np.arange(40, dtype=np.int32)
    sim, near = firm.sim, {"shares": {"near": 40}}
    own = firm.policy(**near).pages(sim.items, sim.viewers, user)
    skewed = firm.policy(**near, indexed=SkewedIndex(firm.towers, other, 0))
    found = skewed.pages(sim.items, sim.viewers, user)
    same = np.mean([np.isin(a, b).mean() for a, b in zip(own, found, strict=True)])
    assert same < 0.5


def test_a_recorded_ranker_predicts_as_before_and_keeps_a_part(firm):
    recorder = RecordingRanker(VALUE, firm.net)
    x = firm.rows.x[:1_000]
    assert np.array_equal(recorder(x).click, firm.net(x).click)
    assert len(recorder.inputs[0][0]) == -(-len(x) // KEPT)
    recorder.silent, recorder.day = SilentInput(0, 3), 3
    recorder(x)
    assert not recorder.inputs[3][0][:, 0].any()


@pytest.fixture(scope="module")
def learner(firm):
    """A company that retrains each week, from days of its past that are few."""
    sim = firm.sim
    told = sim.events, sim.examination, VALUE
    return video.RetrainedTwoStage(*told, shares=SHARES, cadence=7, per_day=2_000)


def test_every_number_that_a_monitor_reads_is_there(firm, learner):
    company = RecordedPolicy.of(learner)
    days = RecordedDays.of(company, firm.sim.run(company, 2))
    named = {*days.numbers.columns, *NAMES}
    assert {name for of in MONITORS.reads.values() for name in of} <= named
    assert list(days.numbers.index) == [12, 13]
    assert days.numbers["shown top 10"].between(0, 1).all()


def test_whoever_is_trained_anew_is_recorded_too(firm, learner):
    company = RecordedPolicy.of(replace(learner, cadence=1))
    firm.sim.run(company, 2)
    assert company.learner.calendar.trained_on == [12, 13]
    assert set(company.recorder.inputs) == {12, 13}
    assert company.recorder.ranker is not company.recorder


@pytest.fixture(scope="module")
def drilled(firm, learner, other):
    """A short drill of a harmless and of a harmful incident."""
    kinds = ["stale_index", "silent_input"]
    drill = video.incident_drill(
        firm.sim, learner, other, baseline_days=11, incident_days=3
    )
    return drill.run(kinds)


def test_a_silent_input_is_noticed_at_once_by_the_inputs(drilled):
    delay = drilled.detection.delay
    assert delay.loc["silent_input", "inputs"] == 0
    assert np.isnan(delay.loc["stale_index", "inputs"])
