"""Users, videos and creators are as the data card says, and new ones come every day."""

import numpy as np
import pytest

from sevensteps.cases.video.world import DAY, N_TOPICS
from sevensteps.cases.video.world.catalogue import Creators, Space, videos_by
from sevensteps.cases.video.world.people import DRIFT_DAYS, INTERESTS, draw_users
from sevensteps.world import stream

SPACE = Space.of(7)


@pytest.fixture(scope="module")
def people():
    """Many users who joined on the first day."""
    return draw_users(SPACE, np.zeros(60_000, np.int32), stream(1))


@pytest.fixture(scope="module")
def shelf():
    """Many creators and videos."""
    rng = stream(2)
    creators = Creators.drawn(SPACE, np.zeros(2_000, np.int32), rng)
    owner = rng.integers(2_000, size=60_000).astype(np.int32)
    at = np.zeros(60_000, np.int32)
    return creators, videos_by(SPACE, creators, owner, at, rng)


def test_interests_give_way_at_the_stated_rate(people):
    moved = (people.drifts_on <= 30).mean()
    assert moved == pytest.approx(1 - np.exp(-31 / DRIFT_DAYS), abs=0.004)
    user = np.arange(2_000, dtype=np.int32)
    before, after = people.interests(user, 0), people.interests(user, 10_000)
    cosine = (before * after).sum(axis=2)
    assert abs(cosine.mean()) < 0.35
    assert before.shape == (2_000, INTERESTS, 16)


def test_a_main_interest_and_weaker_ones(people):
    assert (people.handicap[:, 0] == 0).all()
    assert (np.diff(people.handicap, axis=1) >= 0).all()


def test_countries_want_different_topics():
    assert SPACE.wanted.shape == (6, N_TOPICS)
    assert np.allclose(SPACE.wanted.sum(axis=1), 1)
    between = np.corrcoef(np.log(SPACE.wanted))[np.triu_indices(6, 1)]
    assert 0.1 < between.mean() < 0.8


def test_users_want_what_their_country_wants(people):
    home = people.country == 2
    taste = people.taste[home, 0].astype(np.float32)
    near = (taste @ SPACE.centre.T).argmax(axis=2)
    share = np.bincount(near.ravel(), minlength=N_TOPICS) / near.size
    own = np.corrcoef(share, SPACE.wanted[2])[0, 1]
    others = [np.corrcoef(share, SPACE.wanted[c])[0, 1] for c in (0, 1, 3, 4, 5)]
    assert own > max(others)


def test_activity_is_heavily_spread(known):
    visits = known.rows.groupby("user_id").day.nunique()
    counts = np.zeros(known.history.users.num_rows)
    counts[visits.index] = visits
    top = np.sort(counts)[::-1]
    assert top[: len(top) // 10].sum() > 0.25 * top.sum()
    assert 0.05 < (counts == 0).mean() < 0.5


def test_one_tag_in_ten_is_wrong(shelf):
    _, videos = shelf
    wrong = (videos.tag != videos.topic).mean()
    assert wrong == pytest.approx(0.1 * (1 - (SPACE.share**2).sum()), abs=0.006)


def test_the_encoder_sees_the_content_turned_and_blurred(shelf):
    _, videos = shelf
    seen = videos.content.astype(np.float32) @ SPACE.encoder.T
    cosine = (seen * videos.vector.astype(np.float32)).sum(axis=1)
    assert cosine.mean() == pytest.approx(1 / np.sqrt(1 + 16 * 0.15**2), abs=0.02)
    raw = (videos.content.astype(np.float32) * videos.vector).sum(axis=1)
    assert abs(raw.mean()) < 0.3


def test_quality_follows_the_creator_and_nothing_that_is_seen(shelf):
    creators, videos = shelf
    quality = videos.quality.astype(np.float32)
    skill = creators.skill[videos.creator]
    assert np.corrcoef(quality, skill)[0, 1] == pytest.approx(0.6, abs=0.02)
    for name in ("bait", "thumbnail", "length_s"):
        seen = getattr(videos, name).astype(np.float32)
        assert abs(np.corrcoef(quality, seen)[0, 1]) < 0.02, name


def test_lengths_are_log_normal(shelf):
    logs = np.log(shelf[1].length_s)
    assert np.median(shelf[1].length_s) == pytest.approx(60 * np.exp(1.3), rel=0.02)
    assert logs.std() == pytest.approx(0.9, abs=0.02)


def test_new_users_videos_and_creators_come_every_day(known):
    size, h = known.world.size, known.history
    for table, column, share, first in (
        (h.users, "joined_at", size.joiners, size.n_users),
        (h.creators, "joined_at", size.beginners, size.n_creators),
        (h.videos, "uploaded_at", size.uploads, size.n_videos),
    ):
        at = table[column].to_numpy()[first:]
        a_day = np.bincount(at // DAY, minlength=size.days)
        assert (a_day > 0).all()
        assert a_day.mean() == pytest.approx(share * first, rel=0.1)


def test_every_new_creator_uploads_at_once(known):
    size, h = known.world.size, known.history
    creator = h.videos["creator_id"].to_numpy()[size.n_videos :]
    joined = h.creators["joined_at"].to_numpy()
    uploaded = h.videos["uploaded_at"].to_numpy()[size.n_videos :]
    debut = uploaded == joined[creator]
    new = np.arange(size.n_creators, h.creators.num_rows)
    assert set(new) <= set(creator[debut])
