"""What people do with a page follows from what they like and what they look at."""

import numpy as np

from sevensteps.cases.video import world
from sevensteps.cases.video.world.people import FOREIGN, FRESH, VideoDay
from sevensteps.cases.video.world.sessions import Memory, behave, remembered
from sevensteps.world import unit_streams


def ask(stage, pages, users=None, page=None):
    n = len(pages)
    user = np.arange(n, dtype=np.int32) if users is None else users
    page = np.zeros(n, np.int8) if page is None else page
    requests = world.Requests(user.astype(np.int64), user, user, page)
    slates = world.Slates.fixed(np.asarray(pages, np.int32))
    key = unit_streams(user.astype(np.int64) * 4 + page, seed=7, future=9, day=12)
    return behave(stage, Memory.none(), requests, slates, key)


def test_nobody_clicks_unseen_and_few_look_far(stage):
    rng = np.random.default_rng(3)
    lot = rng.integers(4_000, size=(8_000, world.SLATE))
    pages = lot + 4_000 * np.arange(world.SLATE)
    seen, _ = ask(stage, pages)
    assert not (seen.clicked & ~seen.examined).any()
    assert seen.examined[:, 0].all()
    share = seen.examined.mean(axis=0)
    assert (np.diff(share) < 0).all()
    assert 0.15 < share[-1] < 0.45
    most = stage.videos.length_s[pages] * seen.clicked
    assert (seen.watched_s <= 1.0001 * most).all()
    assert not (seen.liked & ~seen.clicked).any()
    assert not (seen.subscribed & ~seen.liked).any()
    nothing, _ = ask(stage, np.full((100, world.SLATE), -1))
    assert not (nothing.clicked | nothing.examined).any()
    assert np.allclose(nothing.satisfaction, -0.15)


def test_what_was_watched_is_wanted_less_and_whom_one_follows_more(stage):
    user, video = np.array([5], np.int32), np.array([[30, 31, 32]], np.int32)
    fan = world.Pairs.none().add(user, stage.videos.creator[[31]])
    memory = Memory(world.Pairs.none().add(user, video[:, 0]), fan)
    plain, now = stage.meet(user, video), remembered(stage, memory, user, video)
    assert np.allclose(now.promise - plain.promise, [[-2.5, 0.4, 0]], atol=1e-6)
    assert np.allclose(now.value - plain.value, [[-1.25, 0, 0]], atol=1e-6)
    assert np.array_equal(now.match, plain.match)


def test_time_runs_out(stage):
    longest = np.argsort(-stage.videos.length_s)[: world.SLATE]
    seen, _ = ask(stage, np.tile(longest, (8_000, 1)))
    share = np.cumsum(seen.watched_s, axis=1) / stage.users.patience[:8_000, None]
    assert 899 < share[:, -1].max() <= 900.9
    spent = share >= 899
    assert not seen.clicked[:, 1:][spent[:, :-1]].any()
    assert not seen.examined[:, 1:][spent[:, :-1]].any()


def test_more_of_the_same_tires(stage):
    """A video loses 0.35 of its likeness to the one that was watched before it."""
    pages = np.full((8_000, world.SLATE), -1)
    pages[:, :2] = np.random.default_rng(5).choice(40_000, (8_000, 2))
    seen, _ = ask(stage, pages)
    first, second = stage.videos.vector[pages[:, :2].T].astype(np.float32)
    alike = (first * second).sum(axis=1).clip(0)
    alone = stage.meet(np.arange(8_000, dtype=np.int32), pages[:, 1:2]).match[:, 0]
    left = alone - 0.35 * np.where(seen.clicked[:, 0], alike, 0)
    assert np.allclose(seen.match[:, 1], left, atol=1e-5)


def test_a_foreign_tongue_and_age_take_away_what_the_card_says(stage):
    user = np.zeros(40_000, np.int32)
    every = np.arange(40_000)
    fits = stage.judged(np.zeros(40_000, np.float32), user, every)
    foreign = stage.users.language[0] != stage.videos.language[:40_000]
    assert np.allclose(fits.match[foreign], -FOREIGN)
    assert np.allclose(fits.match[~foreign], 0)
    later = VideoDay(stage.space, stage.users, stage.videos, stage.day + 10_000)
    old = later.judged(np.zeros(40_000, np.float32), user, every)
    lost = fits.value - old.value
    assert (lost >= -1e-6).all()
    assert (lost <= FRESH + 1e-6).all()
    assert np.allclose(lost, fits.promise - old.promise, atol=1e-5)


def test_pairs_are_a_set():
    a = world.Pairs.none().add(np.array([3, 1, 3]), np.array([7, 9, 7]))
    b = a.add(np.array([1, 2]), np.array([9, 0]))
    assert (len(a), len(b)) == (2, 3)
    user, thing = np.array([[3, 1], [2, 2]]), np.array([[7, 8], [0, 1]])
    assert b.has(user, thing).tolist() == [[True, False], [True, False]]
    assert not world.Pairs.none().has(user, thing).any()


def test_a_tiny_world_can_be_made_without_growth():
    size = world.Size(200, 1_000, 20, 2, joiners=0, uploads=0, beginners=0)
    history = world.VideoWorld(size).history()
    assert history.users.num_rows == 200
    assert history.videos.num_rows == 1_000
