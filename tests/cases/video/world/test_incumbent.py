"""The policy that made the past: popularity that nobody put in, and honest odds."""

import numpy as np
import pytest

from sevensteps.cases.video.world import BASKET, Incumbent, View, basket
from sevensteps.cases.video.world.incumbent import Groups, _drawn


def top_share(clicks):
    ranked = np.sort(clicks)[::-1]
    return ranked[: len(ranked) // 100].sum() / ranked.sum()


def test_a_heavy_tail_comes_from_exposure_not_from_quality(known, by_lot):
    n = known.world.size.n_videos
    rows = known.rows[known.rows.video_id < n]
    even = known.world.live(by_lot, days=12, history=known.history)
    lot = even.impressions.to_pandas()[lambda r: r.video_id < n]
    clicks, evenly = (
        np.bincount(r.video_id[r.clicked], minlength=n) for r in (rows, lot)
    )
    assert top_share(clicks) > 0.35
    assert top_share(evenly) < 0.15
    quality = known.state.videos.quality[:n].astype(float)
    assert abs(np.corrcoef(np.log1p(clicks), quality)[0, 1]) < 0.05
    pull = known.state.videos.thumbnail[:n].astype(float)
    assert np.corrcoef(np.log1p(clicks), pull)[0, 1] > 0.1


def test_one_place_of_each_page_explores_evenly(known):
    rows = known.rows
    explored = rows[rows.explored]
    assert explored.groupby("request_id").size().eq(1).all()
    assert len(explored) == rows.request_id.nunique()
    assert np.allclose(explored.propensity, 1 / BASKET)
    where = explored.position.value_counts(normalize=True)
    assert where.max() - where.min() < 0.02
    h, day = known.history, known.history.days - 1
    home = np.asarray(h.users["language"].to_pandas())[explored.user_id]
    ours = basket(known.world.seed, View(day, h.users, h.creators, h.videos, None))
    last = explored[(explored.day == day) & (home == "en")]
    assert set(last.video_id) <= set(ours[0])
    assert len(set(last.video_id)) > 0.8 * BASKET


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


def test_without_exploration_no_place_is_drawn_evenly(known):
    outcome = known.world.live(Incumbent(explore=False), days=1, history=known.history)
    assert not outcome.impressions["explored"].to_numpy(zero_copy_only=False).any()


def test_it_shows_nobody_what_they_watched(known):
    rows = known.rows
    day = rows.day.max()
    before = rows[rows.clicked & (rows.day < day)]
    watched = set(zip(before.user_id, before.video_id, strict=True))
    last = rows[(rows.day == day) & ~rows.explored]
    again = [pair in watched for pair in zip(last.user_id, last.video_id, strict=True)]
    assert np.mean(again) < 0.001


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
