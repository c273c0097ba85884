"""Lists by later clicks and by truth; rankers; randomised positions."""

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
