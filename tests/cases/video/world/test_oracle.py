"""The best page is the best; the incumbent is none; incidents strike as told."""

import numpy as np
import pytest
from scipy.special import expit

from sevensteps.cases.video.world import (
    BASKET,
    DAY,
    SLATE,
    Incident,
    Incumbent,
    Oracle,
    VideoWorld,
)
from sevensteps.cases.video.world.incumbent import Groups, _drawn
from sevensteps.cases.video.world.people import viral_video
from sevensteps.cases.video.world.sessions import Memory
from sevensteps.world.arrays import repeated

from .conftest import SIZE, joined


def gains(stage, user, video, aim):
    match = stage.meet(user, video)
    clicks = expit(1.3 * match.promise - 2)
    return clicks * match.value if aim == "satisfaction" else clicks


@pytest.mark.parametrize("aim", ["satisfaction", "clicks"])
def test_the_first_place_is_the_best_of_all_videos(stage, aim):
    user = np.arange(0, 8_000, 200, dtype=np.int32)
    pages = Oracle(aim).best(stage, Memory.none(), user, n_pages=3)
    assert pages.shape == (len(user), 3, SLATE)
    assert not repeated(pages.reshape(len(user), -1)).any()
    every = np.tile(np.arange(len(stage.videos), dtype=np.int32), (len(user), 1))
    gain = gains(stage, user, every, aim)
    ours = np.take_along_axis(gain, pages[:, 0, :1], 1)[:, 0]
    assert np.allclose(ours, gain.max(axis=1), rtol=1e-3)


def test_it_spreads_over_interests_because_likeness_tires(stage):
    user = np.arange(0, 8_000, 100, dtype=np.int32)
    page = Oracle().best(stage, Memory.none(), user)[:, 0]
    every = np.tile(np.arange(len(stage.videos), dtype=np.int32), (len(user), 1))
    top = np.argsort(-gains(stage, user, every, "satisfaction"), axis=1)[:, :SLATE]

    def likeness(ids):
        vector = stage.videos.vector[ids].astype(float)
        return (vector @ vector.transpose(0, 2, 1)).mean()

    assert likeness(page) < likeness(top) - 0.02


def test_what_was_watched_is_not_shown_again(stage, known):
    user = np.unique(known.rows.user_id[known.rows.clicked])[:200].astype(np.int32)
    page = known.world.best(known.history, user)
    watched = known.state.memory.watched
    assert watched.has(user[:, None], page).mean() < 0.01


def test_affinity_is_what_the_log_was_made_of(known):
    last = known.rows[known.rows.day == known.rows.day.max()].head(2_000)
    user = last.user_id.to_numpy(np.int32)
    match = known.world.affinity(known.history, user, last[["video_id"]].to_numpy())
    fresh = ~known.state.memory.watched.has(user, last.video_id.to_numpy())
    gap = (match.match[:, 0] - last.true_match.to_numpy())[fresh]
    assert np.median(np.abs(gap)) < 1e-5
    assert (gap > -1e-5).mean() > 0.97  # a page's earlier videos can only tire


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


START, DAYS = 4, 3


def strike(kind):
    """A history of the same world with an incident, and the state after it."""
    incident = Incident(kind, START, DAYS, topic=5)
    world = VideoWorld(SIZE, seed=7).inject(incident)
    history = world.history(9)
    return joined(history, world), history, world.past(9).state, incident


def on(day):
    return (day >= START) & (day < START + DAYS)


def test_a_viral_video_is_clicked_by_most_who_see_it():
    rows, _, state, incident = strike("viral")
    star = viral_video(state.videos, incident)
    assert state.videos.uploaded_at[star] == START * DAY
    shown = rows[(rows.video_id == star) & rows.true_examined]
    hot, calm = (part for _, part in shown.groupby(~on(shown.day)))
    assert len(hot) > 30
    assert hot.clicked.mean() > 0.6
    gain = hot.true_promise.mean() - calm.true_promise.mean()
    assert gain == pytest.approx(4, abs=0.7)
    assert hot.true_value.mean() == pytest.approx(calm.true_value.mean(), abs=0.7)


def test_an_event_makes_its_topic_wanted(known):
    rows, _, state, _ = strike("event")

    def about(rows):
        now = rows[on(rows.day)]
        return now[state.videos.topic[now.video_id] == 5]

    now, usual = about(rows), about(known.rows)
    gain = now.true_match.mean() - usual.true_match.mean()
    assert gain == pytest.approx(0.6, abs=0.12)
    clicks, before = (e[e.true_examined].clicked.mean() for e in (now, usual))
    assert clicks > 1.5 * before


def test_a_bait_farm_uploads_half_as_much_again(known):
    _, _, state, _ = strike("bait_farm")
    made, usual = uploads(state.videos), uploads(known.state.videos)
    days = slice(START, START + DAYS)
    assert made[days].sum() / usual[days].sum() == pytest.approx(1.5, abs=0.05)
    new = np.flatnonzero(state.videos.uploaded_at == START * DAY)
    farmed = state.videos.bait[new].astype(float) > 0.94
    assert farmed.sum() == made[START] - usual[START]
    assert made[START - 1] == usual[START - 1]


def uploads(videos):
    return np.bincount(videos.uploaded_at[videos.uploaded_at >= 0] // DAY, minlength=12)


def test_a_broken_encoder_says_nothing_of_new_videos(known):
    _, history, state, _ = strike("broken_encoder")
    space = known.world.space
    seen = state.videos.content.astype(np.float32) @ space.encoder.T
    cosine = (seen * state.videos.vector).sum(axis=1)
    struck = on(state.videos.uploaded_at // DAY)
    assert abs(cosine[struck].mean()) < 0.1
    assert cosine[~struck].mean() > 0.5
    shown = history.videos["content"].combine_chunks().flatten().to_numpy()
    assert np.array_equal(shown, state.videos.content.ravel())


def test_incidents_add_up():
    world = VideoWorld(SIZE).inject(Incident("viral", 3))
    world = world.inject(Incident("event", 4), Incident("bait_farm", 5))
    assert [i.kind for i in world.incidents] == ["viral", "event", "bait_farm"]
