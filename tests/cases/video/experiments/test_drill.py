"""Faults that break a recommender from a day on, and what its monitors read."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.video import experiments as video
from sevensteps.cases.video.experiments import drill
from sevensteps.cases.video.recommender import tower_training
from sevensteps.cases.video.recommender.inputs import NAMES
from sevensteps.rank import TowerPlan

from .conftest import SHARES, VALUE


@pytest.fixture(scope="module")
def other(firm):
    plan = TowerPlan(epochs=1, batch=256, seed=1)
    return tower_training.train(plan, firm.sim.items, firm.clicks)[0]


@pytest.fixture(scope="module")
def learner(firm):
    sim = firm.sim
    told = sim.events, sim.examination, VALUE
    return video.RetrainedTwoStage(*told, shares=SHARES, cadence=7, per_day=2_000)


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


def test_a_search_through_other_vectors_finds_other_videos(firm, other, learner):
    user = np.arange(40, dtype=np.int32)
    sim, near = firm.sim, {"shares": {"near": 40}}
    own = firm.policy(**near).pages(sim.items, sim.viewers, user)
    skew = drill.version_skew(drill.RecordedPolicy(learner), 0, other=other).indexed
    skewed = firm.policy(**near, indexed=skew(firm.towers))
    found = skewed.pages(sim.items, sim.viewers, user)
    same = np.mean([np.isin(a, b).mean() for a, b in zip(own, found, strict=True)])
    assert same < 0.5


def test_a_recorded_ranker_predicts_as_before_and_keeps_a_part(firm, learner):
    policy, x = drill.RecordedPolicy(learner), firm.rows.x[:1_000]
    told = policy.recorded(firm.net, 2, x)
    assert np.array_equal(told.click, firm.net(x).click)
    assert np.array_equal(policy.inputs[2][0], x[:: drill.KEPT])
    drill.silent_input(policy, 3).recorded(firm.net, 3, x)
    lost = policy.inputs[3][0] != x[:: drill.KEPT]
    assert {*np.flatnonzero(lost.any(axis=0))} == {NAMES.index("share_of_near")}
    assert x[:, NAMES.index("share_of_near")].any()


def test_whoever_is_trained_anew_is_recorded_too(firm, learner):
    """And every number that a monitor reads is there."""
    company = drill.RecordedPolicy(replace(learner, cadence=1))
    days = drill.RecordedDays.of(company, firm.sim.run(company, 2))
    assert company.learner.calendar.trained_on == [12, 13]
    assert set(company.inputs) == {12, 13}
    named = {*days.numbers.columns, *NAMES}
    assert {name for of in drill.MONITORS.reads.values() for name in of} <= named
    assert list(days.numbers.index) == [12, 13]
    assert days.numbers["shown top 10"].between(0, 1).all()


def test_a_silent_input_is_noticed_at_once_by_the_inputs(firm, learner, other):
    days = {"baseline_days": 11, "incident_days": 3}
    incidents = video.incident_drill(firm.sim, learner, other, **days)
    delay = incidents.run(["stale_index", "silent_input"]).detection.delay
    assert delay.loc["silent_input", "inputs"] == 0
    assert np.isnan(delay.loc["stale_index", "inputs"])
