"""Totals of a person, spans, newcomers, and policies that learn."""

import numpy as np
import pytest

from sevensteps.cases.video import experiments as video
from sevensteps.cases.video.world import BASKET, Incumbent

from .conftest import VALUE


@pytest.fixture(scope="module")
def lived(firm):
    policies = {"today": Incumbent(4), "ours": firm.policy()}
    return firm.sim.counterfactual_runs(policies, days=3)


def test_totals_of_a_person_are_the_outcome_s(firm, lived):
    outcome = lived["today"]
    sums = firm.sim.per_unit_totals(outcome)
    assert len(sums) == outcome.users.num_rows
    pages = outcome.requests
    assert sums.clicks.sum() == pages.clicks.sum()
    assert sums.hours.sum() == pytest.approx(pages.watched_s.sum() / 3_600)
    assert sums.days.sum() == len(pages[["user_id", "day"]].drop_duplicates())
    assert (sums.regrets <= sums.clicks).all()
    someone = int(pages.user_id.iloc[0])
    own = pages[pages.user_id == someone]
    assert sums.satisfaction[someone] == pytest.approx(own.true_satisfaction.sum())


def test_spans_add_up(firm, lived):
    last = video.last_days(lived["ours"], 1)
    clicks = firm.sim.per_unit_totals(last).clicks.sum()
    assert clicks == lived["ours"].daily.clicks.iloc[-1]
    assert firm.sim.n_days(last) == 1
    spans = video.by_span(lived["ours"], 2)
    assert spans.index.tolist() == [0, 2]
    daily = lived["ours"].daily
    first = daily.true_satisfaction.iloc[:2].sum() / daily.visitors.iloc[:2].sum()
    assert spans.satisfaction[0] == pytest.approx(first)
    assert spans.creators.iloc[-1] == daily.creators.iloc[-1]


def test_truth_of_nothing_is_worth_nothing(firm):
    user = np.array([3, 4], np.int32)
    true = firm.sim.truth(user, np.array([[5, -1], [-1, 6]], np.int32))
    assert true.worth[0, 1] == true.worth[1, 0] == 0
    assert ((true.click >= 0) & (true.click <= 1)).all()


def test_a_log_with_an_outcome_holds_both(firm, lived):
    events, items, viewers = firm.sim.log_with(lived["ours"])
    n = len(firm.sim.events) + lived["ours"].impressions.num_rows
    assert len(events) == n
    assert events.day[-1] == firm.sim.history.days + 2
    assert (len(items), len(viewers)) > (len(firm.sim.items), len(firm.sim.viewers))


def test_newcomers_are_judged_apart(firm, lived):
    cold = video.cold_starts(lived, firm.sim)
    assert cold["shown: new videos"]["today"].estimate > 0
    assert cold["another page"]["ours"].estimate > cold["another page"]["today"].high
    without = firm.sim.run(firm.policy(shares={"popular": 40}), 1)
    cold = video.cold_starts({"first day": without}, firm.sim)
    assert str(cold["value of a new video's click"]["first day"]) == "n/a"


def test_a_share_of_pages_explores(firm):
    outcome = firm.sim.run(firm.policy(explores=3, explored=0.2), 2)
    log = outcome.impressions
    drawn = log.filter(log["explored"])
    assert len(np.unique(drawn["request_id"].to_numpy())) == len(drawn)
    assert 0.15 < len(drawn) / len(outcome.requests) < 0.25
    assert len(np.unique(drawn["video_id"].to_numpy())) > 0.8 * BASKET
    odds = log["propensity"].to_numpy()
    assert np.unique(odds) == pytest.approx([0.01, 1.0])


def test_retraining_keeps_its_cadence_and_learns_its_own_pages(firm):
    sim, shares = firm.sim, {"near": 30, "popular": 20}
    told = sim.events, sim.examination, VALUE, shares
    learner = video.RetrainedTwoStage(*told, cadence=2, per_day=2_000)
    sim.run(learner, 4)
    assert learner.calendar.trained_on == [12, 14]
    assert learner.events.day[-1] == 14
    assert len(learner.events) > len(sim.events)
