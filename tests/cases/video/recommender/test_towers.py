"""Towers learn whom a video would please, and say the same wherever they run."""

import jax.numpy as jnp
import numpy as np
import pytest

from sevensteps.cases.video.recommender import tower_training as training
from sevensteps.cases.video.recommender.examples import tower_examples
from sevensteps.cases.video.recommender.inputs import item_side
from sevensteps.rank.towers import TowerPlan, item_vectors, user_side, user_vectors


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
