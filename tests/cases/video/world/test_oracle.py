"""The best page is the best: no search finds a better one."""

import numpy as np
import pytest
from scipy.special import expit

from sevensteps.cases.video.world import SLATE, Oracle
from sevensteps.cases.video.world.sessions import Memory
from sevensteps.world.arrays import repeated


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
