"""A ranker's inputs and the towers: the same for one pair as for many."""

import jax.numpy as jnp
import numpy as np
import pytest

from sevensteps.cases.video.recommender import tower_training as training
from sevensteps.cases.video.recommender.examples import (
    passed_over,
    ranker_rows,
    tower_examples,
)
from sevensteps.cases.video.recommender.inputs import NAMES, inputs, item_side, shelf_on
from sevensteps.cases.video.recommender.known import walk
from sevensteps.rank.towers import TowerPlan, item_vectors, user_side, user_vectors

from .conftest import HALF


@pytest.fixture(scope="module")
def shelf(shop, regulars):
    return shelf_on(shop.known, shop.items, shop.viewers, shop.towers, regulars)


def column(x, name):
    return x[..., NAMES.index(name)]


def test_inputs_by_hand_and_of_one_pair_alone(shop, shelf, regulars):
    user, rng = regulars[:40], np.random.default_rng(0)
    item = rng.integers(len(shop.items), size=(40, 30)).astype(np.int32)
    x, known, items = inputs(shelf, user, item), shop.known, shop.items
    assert x.shape == (40, 30, len(NAMES))
    assert np.isfinite(x).all()
    for row, place in ((0, 0), (7, 29), (39, 3)):
        alone = inputs(shelf, user[[row]], item[[row]][:, [place]])
        assert np.allclose(alone[0, 0], x[row, place], atol=1e-5)
    language = shop.viewers.language[user][:, None] == items.language[item]
    assert np.array_equal(column(x, "same_language"), language)
    assert np.allclose(column(x, "age_days"), known.day - items.born[item])
    assert np.allclose(column(x, "video_chances"), np.log1p(known.item.chances[item]))
    usual = known.item.clicks.sum() / known.item.chances.sum()
    rate = (known.item.clicks[item] + 10 * usual) / (known.item.chances[item] + 10)
    assert np.allclose(column(x, "video_click_rate"), rate, atol=1e-5)
    follows = known.follows.has(user[:, None], items.creator[item])
    assert np.array_equal(column(x, "follows"), follows)
    product = np.einsum("nd,nkd->nk", shelf.asks[user], shelf.vector[item])
    assert np.allclose(column(x, "tower"), product, atol=1e-5)
    held = known.last[user[0]]
    near = (shelf.vector[item[0]] @ shelf.vector[held[held >= 0]].T).max(axis=1)
    assert np.allclose(column(x, "nearest")[0], near, atol=1e-5)
    assert np.array_equal(column(x, "topic"), items.topic[item])


def test_who_has_no_past_has_inputs_all_the_same(shop, shelf):
    nobody = np.flatnonzero((shop.known.last < 0).all(axis=1))[:5].astype(np.int32)
    x = inputs(shelf, nobody, np.tile(np.arange(20, dtype=np.int32), (5, 1)))
    assert np.isfinite(x).all()
    assert (column(x, "share_of_near") == 0).all()
    assert (column(x, "user_chances") <= np.log1p(200)).all()


def test_training_rows_are_what_would_have_been_served(shop):
    mornings = walk(shop.events, shop.items, shop.viewers, shop.looks)
    today, known = next(pair for pair in mornings if pair[1].day == HALF)
    told = shop.items, shop.viewers, shop.towers, shop.looks
    past = shop.events.take(shop.events.day <= HALF)
    rows = ranker_rows(past, *told, first=HALF, per_day=10**9)
    users = np.unique(today.user)
    shelf = shelf_on(known, shop.items, shop.viewers, shop.towers, users)
    served = inputs(shelf, today.user[:500], today.item[:500, None])[:, 0]
    assert np.allclose(rows.x[:500], served, atol=1e-5)
    assert np.array_equal(rows.clicked[:500], today.clicked[:500])
    drawn = np.bincount(shop.rows.day)
    assert (drawn[:HALF] == 0).all()
    assert (drawn[HALF:] == 8_000).all()


def test_towers_see_clicks_of_earlier_days_only(shop):
    some = shop.events.take(shop.events.day < 3)
    examples = tower_examples(some, shop.items, shop.viewers)
    assert (examples.last[examples.day == 0] == -1).all()
    first = some.take((some.day == 0) & some.clicked)
    watched = set(first.item)
    held = examples.last[examples.day == 1]
    assert set(held[held >= 0]) <= watched
    assert len(examples.item) == some.clicked.sum()
    assert np.array_equal(examples.weight, some.share[some.clicked])


def test_passed_over_is_seen_and_not_clicked(shop):
    today = shop.events.take(shop.events.day == 4)
    drawn = passed_over(today, np.random.default_rng(0))
    log = shop.history.impressions.to_pandas()
    log = log[log["at"] // 86_400 == 4].reset_index(drop=True)
    last = log[log.clicked].groupby("request_id").position.max()
    for row in np.random.default_rng(1).choice(len(log), 200, replace=False):
        page = log[log.request_id == log.request_id[row]]
        below = last.get(log.request_id[row], -1)
        fair = set(page.video_id[(page.position < below) & ~page.clicked])
        named = drawn[row][drawn[row] >= 0]
        assert set(named) <= fair
        assert len(named) == min(4, len(fair))


@pytest.fixture(scope="module")
def clicks(shop):
    some = shop.events.take(shop.events.day < 4)
    return tower_examples(some, shop.items, shop.viewers)


def test_numpy_serves_what_jax_trained(shop, regulars):
    weights, vector, user = shop.towers.weights, shop.vector, regulars[:300]
    rows = np.arange(500, dtype=np.int32)
    side = item_side(shop.items, rows, 14, shop.towers.plan.buckets)
    theirs = np.asarray(item_vectors(weights, side, jnp))
    assert np.allclose(vector[:500], theirs, atol=1e-5)
    last, share = shop.known.last[user], shop.known.last_share[user]
    side = user_side({"language": shop.viewers.language[user]}, last, share)
    seen = jnp.asarray(vector[np.maximum(last, 0)])
    theirs = np.asarray(user_vectors(weights, side, seen, jnp))
    ours = shop.towers.of_users(shop.known, shop.viewers, vector, user)
    assert np.allclose(ours, theirs, atol=1e-5)


def test_nearness_follows_true_taste(shop, regulars):
    """Among videos of one's language, the nearer fits better, though nobody said so."""
    assert shop.losses[1] < shop.losses[0] - 0.05
    rng, user = np.random.default_rng(0), regulars[:400]
    speak = [np.flatnonzero(shop.items.language == g) for g in range(5)]
    item = np.array([rng.choice(speak[g], 60) for g in shop.viewers.language[user]])
    match = shop.world.affinity(shop.history, user, item).match
    asks = shop.towers.of_users(shop.known, shop.viewers, shop.vector, user)[:, 0]
    near = np.einsum("nd,nkd->nk", asks, shop.vector[item])
    trend = np.log1p(shop.known.trend[item]) + 1e-6 * rng.random(item.shape)

    def follows_taste(score):
        pairs = zip(score, match, strict=True)
        return np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs])

    assert follows_taste(near) > max(0.1, 3 * follows_taste(trend))


def test_several_heads_are_several_unit_vectors(shop, clicks, regulars):
    towers, _ = training.train(TowerPlan(epochs=1, heads=3), shop.items, clicks)
    vector = towers.items(shop.items, 14)
    asks = towers.of_users(shop.known, shop.viewers, vector, regulars[:50])
    assert asks.shape == (50, 3, 32)
    assert np.allclose(np.linalg.norm(asks, axis=2), 1, atol=1e-3)
    assert not np.allclose(asks[:, 0], asks[:, 1], atol=1e-2)


def test_correcting_for_popularity_brings_popular_videos_nearer(shop, clicks, regulars):
    """Without the correction a popular video is pushed away as a negative too often."""
    trend = {}
    for log_q in (False, True):
        towers, _ = training.train(TowerPlan(log_q=log_q), shop.items, clicks)
        vector = towers.items(shop.items, 14)
        asks = towers.of_users(shop.known, shop.viewers, vector, regulars[:200])[:, 0]
        top = np.argsort(-(asks @ vector.T), axis=1)[:, :50]
        trend[log_q] = shop.known.trend[top].mean()
    assert trend[True] > 1.5 * trend[False]
