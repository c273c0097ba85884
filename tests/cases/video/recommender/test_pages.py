"""Pages hold the best scores, not too much of one thing, and nothing twice."""

import numpy as np
import pytest

from sevensteps.cases.video.recommender.pages import GONE, Layout, compose
from sevensteps.cases.video.recommender.policy import TwoStage, clicks, watch_time
from sevensteps.cases.video.recommender.ranking import Value
from sevensteps.cases.video.world import SLATE, Incumbent

RNG = np.random.default_rng(0)
SCORE = RNG.random((30, 80)).astype(np.float32)
VECTOR = RNG.standard_normal((30, 80, 8)).astype(np.float32)
VECTOR /= np.linalg.norm(VECTOR, axis=2, keepdims=True)
CREATOR = RNG.integers(12, size=(30, 80)).astype(np.int32)


def test_without_rules_a_page_is_the_best_in_order():
    shown = compose(Layout(), SCORE, VECTOR, CREATOR, 2)
    order = np.argsort(-SCORE, axis=1)
    assert np.array_equal(shown.reshape(30, -1), order[:, : 2 * SLATE])


def test_the_second_place_is_the_greedy_choice():
    rows = np.arange(30)
    shown = compose(Layout(alike=0.5), SCORE, VECTOR, CREATOR)[:, 0]
    first = VECTOR[rows, shown[:, 0]]
    near = np.einsum("nkd,nd->nk", VECTOR, first).clip(0)
    left = SCORE - 0.5 * near
    left[rows, shown[:, 0]] = -np.inf
    assert np.array_equal(shown[:, 1], left.argmax(axis=1))


def test_no_creator_fills_a_page():
    shown = compose(Layout(per_creator=2), SCORE, VECTOR, CREATOR, 3)
    who = np.take_along_axis(CREATOR, shown.reshape(30, -1), 1).reshape(30, 3, SLATE)
    for page in who.reshape(-1, SLATE):
        assert np.bincount(page).max() <= 2


def test_what_is_gone_is_never_shown():
    score = np.where(RNG.random(SCORE.shape) < 0.9, GONE, SCORE)
    shown = compose(Layout(), score, VECTOR, CREATOR, 2).reshape(30, -1)
    left = (score > GONE).sum(axis=1)
    assert np.array_equal((shown >= 0).sum(axis=1), np.minimum(left, 2 * SLATE))
    there = shown >= 0
    taken = np.take_along_axis(score, np.maximum(shown, 0), 1)
    assert (taken[there] > GONE).all()


@pytest.mark.parametrize(
    "bad", [{"alike": -1.0}, {"alike": np.nan}, {"per_creator": 0}]
)
def test_a_layout_that_makes_no_sense_is_refused(bad):
    with pytest.raises(ValueError, match="need alike >= 0 and per_creator >= 1"):
        Layout(**bad)


@pytest.fixture(scope="module")
def two_stage(shop):

    def make(goal, **more):
        return TwoStage(shop.known, shop.towers, shop.net, goal, **more)

    return make


@pytest.fixture(scope="module")
def lived(shop, two_stage):
    value = Value.fit(shop.net, shop.rows)
    goals = {"clicks": clicks, "minutes": watch_time, "value": lambda g, x: value(g)}
    policies = {name: two_stage(goal) for name, goal in goals.items()}
    policies["incumbent"] = Incumbent()
    return {
        name: shop.world.live(policy, days=3, history=shop.history)
        for name, policy in policies.items()
    }


def test_each_goal_gets_what_it_asks_for(lived):
    total = {name: outcome.daily.sum() for name, outcome in lived.items()}
    assert total["clicks"].clicks > 1.1 * total["incumbent"].clicks
    assert total["minutes"].watched_h == max(t.watched_h for t in total.values())
    best = total["value"].true_satisfaction
    assert best == max(t.true_satisfaction for t in total.values())
    assert best > 2 * total["incumbent"].true_satisfaction


def test_nobody_is_shown_what_they_watched(shop, lived):
    rows = lived["value"].impressions.to_pandas()
    user = rows.user_id.to_numpy()
    old = shop.known.watched.has(user, rows.video_id.to_numpy())
    assert not old.any()
    day, pair = rows["at"] // 86_400, ["user_id", "video_id"]
    first = set(map(tuple, rows[rows.clicked & (day == 14)][pair].to_numpy()))
    assert not first & set(map(tuple, rows[day > 14][pair].to_numpy()))
    # A second page is another page.
    assert not rows.assign(day=day).duplicated([*pair, "day"]).any()


def test_a_policy_keeps_its_own_memory_and_does_not_live_twice(shop, two_stage):
    before, policy = shop.known.item.clicks.sum(), two_stage(clicks)
    shop.world.live(policy, days=2, history=shop.history)
    assert shop.known.item.clicks.sum() == before
    with pytest.raises(ValueError, match="make a new one"):
        shop.world.live(policy, days=2, history=shop.history)


def test_all_sources_together_fill_pages(shop, two_stage):
    shares = {"near": 40, "popular": 30, "fresh": 15, "followed": 15}
    made = two_stage(clicks, shares=shares, layout=Layout(alike=0.1, per_creator=2))
    outcome = shop.world.live(made, days=1, history=shop.history)
    rows = outcome.impressions.to_pandas()
    n = rows.groupby("request_id").size()
    assert (n == SLATE).mean() > 0.95
    who = shop.items.creator
    known = rows[rows.video_id < len(who)]
    each = known.groupby(["request_id", who[known.video_id]]).size()
    assert each.max() <= 2
