"""The policy that made the past: popularity that nobody put in, and honest odds."""

import numpy as np
import pytest

from sevensteps.cases.video.world import BASKET, Incumbent
from sevensteps.cases.video.world.incumbent import Groups, _drawn


def test_one_place_of_each_page_explores_evenly(known):
    rows = known.rows
    explored = rows[rows.explored]
    assert explored.groupby("request_id").size().eq(1).all()
    assert len(explored) == rows.request_id.nunique()
    assert np.allclose(explored.propensity, 1 / BASKET)
    where = explored.position.value_counts(normalize=True)
    assert where.max() - where.min() < 0.02
    without = known.world.live(Incumbent(explore=False), days=1, history=known.history)
    assert not without.impressions["explored"].to_numpy(zero_copy_only=False).any()


def test_propensities_are_the_odds_of_the_draw():
    rng = np.random.default_rng(1)
    pool = np.tile(np.arange(14), (200_000, 1))
    score = np.tile(np.linspace(0, 2, 14).astype(np.float32), (200_000, 1))
    slates = _drawn(pool, score, rng)
    first = np.bincount(slates.video_id[:, 0], minlength=14) / 200_000
    told = np.exp(score[0]) / np.exp(score[0]).sum()
    assert np.allclose(first, told, atol=0.004)
    after = slates.video_id[:, 0] == 13
    second = np.bincount(slates.video_id[after, 1], minlength=14) / after.sum()
    chosen = slates.video_id[after, 1] == 5
    assert slates.propensity[after][chosen, 1][0] == pytest.approx(second[5], abs=0.005)
    assert np.allclose(slates.propensity[:, 0], told[slates.video_id[:, 0]], rtol=1e-4)


def test_groups_draw_evenly_from_their_own():
    group = np.array([2, 0, 2, 2, 0, 1])
    groups = Groups.by(group, 4)
    assert [groups.of(g).tolist() for g in range(4)] == [[1, 4], [5], [0, 2, 3], []]
    drawn = groups.draw(np.array([0, 2]), 30_000, np.random.default_rng(0))
    assert set(drawn[0]) == {1, 4}
    share = np.bincount(drawn[1], minlength=4)[[0, 2, 3]] / 30_000
    assert np.allclose(share, 1 / 3, atol=0.02)
    named = Groups.by(group, 4, np.arange(6) * 10)
    assert named.of(2).tolist() == [0, 20, 30]
