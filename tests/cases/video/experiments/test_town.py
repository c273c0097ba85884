"""Twins, their sums, and what an experiment reads."""

import numpy as np
import pytest

from sevensteps.cases import video
from sevensteps.cases.video.world import Arms, Incumbent


@pytest.fixture(scope="module")
def lived(firm):
    return firm.town.twins({"today": Incumbent(4), "ours": firm.policy()}, days=3)


def test_twins_are_the_same_as_runs_one_by_one(firm, lived):
    alone = firm.town.run(Incumbent(4), 3)
    assert lived["today"].impressions.equals(alone.impressions)


def test_sums_by_person_are_the_outcome_s(lived):
    outcome = lived["today"]
    n = outcome.users.num_rows
    sums = video.per_person(outcome, n)
    pages = outcome.requests
    assert sums.clicks.sum() == pages.clicks.sum()
    assert sums.hours.sum() == pytest.approx(pages.watched_s.sum() / 3_600)
    assert sums.days.sum() == len(pages[["user_id", "day"]].drop_duplicates())
    assert (sums.regrets <= sums.clicks).all()
    someone = int(pages.user_id.iloc[0])
    own = pages[pages.user_id == someone]
    assert sums.satisfaction[someone] == pytest.approx(own.true_satisfaction.sum())


def test_a_board_is_per_thousand_people_and_day(lived):
    board = video.board(lived)
    n = int(max(o.requests.user_id.max() for o in lived.values())) + 1
    clicks = lived["ours"].requests.clicks.sum()
    assert board.clicks["ours"].estimate == pytest.approx(clicks / n / 3 * 1_000)
    ahead = board.satisfaction["ours"] - board.satisfaction["today"]
    assert ahead.low > 0


def test_the_last_days_are_those_at_the_end(lived):
    whole, last = video.board(lived), video.board(lived, last=1)
    daily = lived["ours"].daily.clicks
    ratio = last.clicks["ours"].estimate / whole.clicks["ours"].estimate
    assert ratio == pytest.approx(daily.iloc[-1] / daily.mean(), rel=0.01)


def test_spans_add_up(lived):
    spans = video.by_span(lived["ours"], 2)
    assert spans.index.tolist() == [0, 2]
    daily = lived["ours"].daily
    first = daily.true_satisfaction.iloc[:2].sum() / daily.visitors.iloc[:2].sum()
    assert spans.satisfaction[0] == pytest.approx(first)
    assert (spans.shown > 0).all()
    assert (spans.top <= 1).all()
    assert spans.creators.iloc[-1] == daily.creators.iloc[-1]


def test_means_are_ratios_whose_blocks_may_differ_in_size():
    unit = np.array([0, 0, 0, 1, 2, 2])
    found = video.mean_of(np.ones(6), unit)
    assert (found.low, found.estimate, found.high) == (1, 1, 1)


def test_an_experiment_splits_everybody(firm):
    arms = Arms({"new": firm.policy(), "old": Incumbent(4)}, seed=2)
    outcome = firm.town.run(arms, 3)
    read = video.compare(outcome, arms, "new", "old")
    assert read["satisfaction"].low > 0
    turned = video.compare(outcome, arms, "old", "new")
    assert turned["clicks"].estimate == pytest.approx(-read["clicks"].estimate)


def test_truth_of_nothing_is_worth_nothing(firm):
    user = np.array([3, 4], np.int32)
    told = firm.town.truth(user, np.array([[5, -1], [-1, 6]], np.int32))
    assert told.worth[0, 1] == told.worth[1, 0] == 0
    assert ((told.click >= 0) & (told.click <= 1)).all()


def test_a_log_with_an_outcome_holds_both(firm, lived):
    events, items, viewers = firm.town.log_with(lived["ours"])
    n = len(firm.town.events) + lived["ours"].impressions.num_rows
    assert len(events) == n
    assert events.day[-1] == firm.town.history.days + 2
    assert len(items) > len(firm.town.items)
    assert len(viewers) > len(firm.town.viewers)


def test_newcomers_are_judged_apart(firm, lived):
    cold = video.cold_starts(lived, firm.town)
    assert cold["shown: new videos"]["today"].estimate > 0
    assert cold["another page"]["ours"].estimate > cold["another page"]["today"].high
    without = firm.town.run(firm.policy(shares={"popular": 40}), 1)
    cold = video.cold_starts({"first day": without}, firm.town)
    assert str(cold["value of a new video's click"]["first day"]) == "n/a"


def test_a_policy_does_not_live_twice(firm):
    policy = firm.policy()
    firm.town.run(policy, 2)
    with pytest.raises(ValueError, match="make a new one"):
        firm.town.run(policy, 2)


def test_a_share_of_pages_explores(firm):
    outcome = firm.town.run(firm.policy(explores=3, explored=0.2), 2)
    log = outcome.impressions
    drawn = log["explored"].to_numpy(zero_copy_only=False).sum()
    pages = outcome.requests.shape[0]
    assert 0.15 < drawn / pages < 0.25
    odds = log["propensity"].to_numpy()
    assert np.unique(odds) == pytest.approx([0.01, 1.0])


def test_retraining_keeps_its_cadence_and_learns_its_own_pages(firm):
    town = firm.town
    learner = video.Retraining(
        town.events,
        town.looks,
        firm.policy().goal.__self__,
        {"near": 30, "popular": 20},
        cadence=2,
        per_day=2_000,
    )
    town.run(learner, 4)
    assert learner.trained_on == [12, 14]
    assert learner.events.day[-1] == 14
    assert len(learner.events) > len(town.events)
