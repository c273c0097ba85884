"""Each incident is there at its time and size, and nowhere before."""

import numpy as np
import pytest

from sevensteps.cases.video.world import DAY, Incident, VideoWorld
from sevensteps.cases.video.world.people import viral_video

from .conftest import SIZE, joined

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
