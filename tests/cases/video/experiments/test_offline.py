"""Lists by later clicks and by truth; rankers; randomised positions; futures."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.video import experiments as video
from sevensteps.cases.video.recommender.inputs import shelf_on
from sevensteps.cases.video.recommender.policy import Lean, clicks, watch_time
from sevensteps.cases.video.world import BASKET, Incumbent

from .conftest import VALUE


@pytest.fixture(scope="module")
def past(firm):
    return video.VideoSimulation.after(firm.sim.world, firm.sim.world.history(10))


@pytest.fixture(scope="module")
def later(firm, past):
    return video.LaterClicks.of(past, firm.sim.events.take(firm.sim.events.day >= 10))


def test_later_clicks_are_new_to_people_who_were_known(past, later):
    assert not past.known.watched.has(later.user[later.row], later.item).any()
    assert (past.known.n_last[later.user] > 0).all()
    assert (np.diff(later.user) > 0).all()
    assert later.item.max() < len(past.items)


def test_lists_that_hold_every_click_find_every_click(later):
    k = np.bincount(later.row).max()
    lists = np.full((len(later.user), k), -1, np.int32)
    order = np.argsort(later.row, kind="stable")
    row = later.row[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    lists[row, place] = later.item[order]
    assert later.found(lists).estimate == 1
    assert video.ndcg(lists, later).estimate == pytest.approx(1)
    assert video.ndcg(np.full_like(lists, -1), later).estimate == 0


def test_the_oracle_s_page_is_worth_most_and_a_watched_one_nothing(past, later):
    best = past.world.best(past.history, later.user)
    rng = np.random.default_rng(0)
    some = rng.integers(len(past.items), size=best.shape).astype(np.int32)
    found = video.judge_candidates(past, later, best)
    by_chance = video.best_ten(past, later.user, some)
    assert found["true worth of best 10"].low > by_chance.high
    old = past.known.last[later.user]
    assert video.best_ten(past, later.user, old).estimate == 0


def test_hits_among_all_and_among_some(later, past):
    flat = np.zeros((len(later.user), len(past.items)), np.float32)
    among_all = video.hit_rate(flat, later, k=10).estimate
    assert among_all == pytest.approx(10 / len(past.items))
    assert video.hit_rate(flat, later, k=10, among=99).estimate == pytest.approx(0.1)
    flat[later.row, later.item] = 1
    most = int(np.bincount(later.row).max())  # level with each other
    assert video.hit_rate(flat, later, k=most).estimate == 1


def test_counts_of_a_later_day_leak(firm):
    sim, rows = firm.sim, firm.rows.take(np.arange(4_000))
    users = np.unique(rows.user)
    shelf = shelf_on(sim.known, sim.items, sim.viewers, firm.towers, users)
    later = video.as_seen_from(shelf, rows)
    assert later.x.shape == rows.x.shape
    assert (later.x[:, 3] >= rows.x[:, 3] - 1e-5).all()  # chances only grow
    assert video.click_auc(firm.net, rows, sim.examination).estimate > 0.6
    assert 0.7 < video.click_ratio(firm.net, rows, sim.examination).estimate < 1.4


def test_a_lean_of_nought_and_one_are_the_pure_goals(firm):
    x = firm.rows.x[:50]
    guess = firm.net(x)
    assert np.allclose(Lean(clicks, 0.0, 9.0)(guess, x), guess.click)
    trend = Lean(clicks, 1.0, 2.0)(guess, x)
    assert np.allclose(trend, 2 * x[:, 7])


@pytest.fixture(scope="module")
def places(firm):
    outcome = firm.sim.run(Incumbent(4), 3)
    goals = {"survey": VALUE.goal, "minutes": watch_time}
    told = firm.towers, firm.net
    asking = {name: video.CandidateScorer(*told, goals[name]) for name in goals}
    told = asking, asking["survey"], VALUE, firm.sim.world.seed
    return asking, video.randomised_positions(firm.sim, outcome, *told), outcome


def test_estimates_hold_the_truth(firm, places):
    asking, drawn, outcome = places
    assert len(drawn.user) == outcome.impressions["explored"].to_numpy().sum()
    for hit in drawn.hit.values():
        assert hit.mean() == pytest.approx(1 / BASKET, rel=0.5)
    for name, scorer in asking.items():
        policy = video.BestOfBasket(firm.sim, scorer, firm.sim.world.seed)
        truth = video.earned(firm.sim, policy, VALUE, days=3)
        estimates = drawn.estimates(name)
        for each in estimates:
            assert abs(each.estimate - truth.estimate) < 1.5 * (each.high - each.low)
    assert set(estimates.index) == {"IPS", "SNIPS", "doubly robust"}


def test_without_a_choice_the_mean_is_the_mean(places):
    _, drawn, _ = places
    every = {"all": np.ones(len(drawn.user), bool)}
    everything = replace(drawn, hit=every, expected={"all": drawn.predicted})
    found = everything.estimates("all")["SNIPS"].estimate
    assert found == pytest.approx(drawn.reward.mean(), abs=1e-6)


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
