"""What people do with a page follows from what they like and what they look at."""

import numpy as np
import pytest

from sevensteps.cases.video.world import (
    SLATE,
    Pairs,
    Requests,
    Size,
    Slates,
    VideoWorld,
)
from sevensteps.cases.video.world.matching import FOREIGN, FRESH, VideoDay
from sevensteps.cases.video.world.sessions import Memory, behave
from sevensteps.world import unit_streams

DAY_NUMBER = 12


@pytest.fixture(scope="module")
def stage(known):
    """The morning after the history."""
    return known.world.stage(known.state, known.history.days)


def ask(stage, pages, memory=None, users=None, page=None, day=DAY_NUMBER):
    """What users do with pages, one each."""
    n = len(pages)
    user = np.arange(n, dtype=np.int32) if users is None else users
    page = np.zeros(n, np.int8) if page is None else page
    requests = Requests(user.astype(np.int64), user, user, page)
    slates = Slates.fixed(np.asarray(pages, np.int32))
    random_key = unit_streams(
        user.astype(np.int64) * 4 + page, seed=7, future=9, day=day
    )
    return behave(stage, memory or Memory.none(), requests, slates, random_key)


@pytest.fixture(scope="module")
def lots(stage):
    """Pages by lot for 8,000 users."""
    rng = np.random.default_rng(3)
    pages = np.array([rng.choice(40_000, SLATE, replace=False) for _ in range(8_000)])
    seen, _ = ask(stage, pages)
    return pages, seen


def test_nobody_clicks_unseen_and_few_look_far(lots):
    _, seen = lots
    assert not (seen.clicked & ~seen.examined).any()
    assert seen.examined[:, 0].all()
    share = seen.examined.mean(axis=0)
    assert (np.diff(share) < 0).all()
    assert 0.15 < share[-1] < 0.45


def test_screens_and_patience_move_how_far(stage, lots):
    _, seen = lots
    depth = seen.examined.sum(axis=1)
    device = stage.users.device[:8_000]
    phone, desktop, tv = (depth[device == k].mean() for k in range(3))
    assert desktop < phone < tv
    patience = stage.users.patience[:8_000]
    assert depth[patience > 1.5].mean() > 1.5 * depth[patience < 0.7].mean()


def slope(x, y) -> float:
    """Standardised: what one deviation of x does to y."""
    return float(np.polyfit((x - x.mean()) / x.std(), y.astype(float), 1)[0])


def test_pictures_and_baits_are_clicked_and_give_nothing(stage, lots):
    pages, seen = lots
    looked = seen.examined
    ids, clicked, value = pages[looked], seen.clicked[looked], seen.value[looked]
    videos = stage.videos
    pull, bait, quality = (
        each[ids].astype(float)
        for each in (videos.thumbnail, videos.bait, videos.quality)
    )
    assert slope(pull, clicked) > 0.015
    assert abs(slope(pull, value)) < 0.02
    assert slope(bait, clicked) > 0.005
    assert slope(bait, value) < -0.1
    assert abs(slope(quality, clicked)) < 0.005
    assert slope(quality, value) > 0.3
    gullible = np.repeat(stage.users.gullible[:8_000], SLATE).reshape(pages.shape)
    who = gullible[looked][bait > 0.5]
    rate = clicked[bait > 0.5]
    assert rate[who > 0.6].mean() > 1.25 * rate[who < 0.4].mean()


def test_what_is_worth_more_is_watched_longer_and_liked(stage, lots):
    pages, seen = lots
    hit = seen.clicked
    share = seen.watched_s[hit] / stage.videos.length_s[pages[hit]]
    good, bad = seen.value[hit] > 0.5, seen.value[hit] < -0.5
    assert share[good].mean() > share[bad].mean() + 0.2
    assert seen.liked[hit][good].mean() > 4 * seen.liked[hit][bad].mean()
    assert (share <= 1.0001).all()
    assert not (seen.subscribed & ~seen.liked).any()
    assert (seen.watched_s[~hit] == 0).all()


def test_time_runs_out(stage):
    longest = np.argsort(-stage.videos.length_s)[:SLATE]
    seen, _ = ask(stage, np.tile(longest, (8_000, 1)))
    share = np.cumsum(seen.watched_s, axis=1) / stage.users.patience[:8_000, None]
    assert 899 < share[:, -1].max() <= 900.9
    spent = share >= 899
    assert not seen.clicked[:, 1:][spent[:, :-1]].any()
    assert not seen.examined[:, 1:][spent[:, :-1]].any()


def test_three_in_a_hundred_are_asked_and_their_stars_follow_the_value(known):
    clicked = known.rows[known.rows.clicked]
    asked = clicked.survey.notna()
    assert asked.mean() == pytest.approx(0.03, abs=0.006)
    assert known.rows[~known.rows.clicked].survey.isna().all()
    told = clicked[asked]
    assert set(told.survey) <= {1, 2, 3, 4, 5}
    assert told.true_value.corr(told.survey) > 0.5


def test_a_video_once_watched_is_rarely_wanted_again(stage, lots):
    pages, seen = lots
    _, memory = ask(stage, pages)
    again, _ = ask(stage, pages, memory=memory, day=DAY_NUMBER + 1)
    fresh, _ = ask(stage, pages, day=DAY_NUMBER + 1)
    old = seen.clicked & again.examined & fresh.examined
    assert again.clicked[old].mean() < 0.25 * fresh.clicked[old].mean()
    other = ~seen.clicked
    assert again.clicked[other].mean() == pytest.approx(
        fresh.clicked[other].mean(), rel=0.02
    )


def test_the_second_page_knows_what_was_watched_on_the_first(stage):
    user = np.repeat(np.arange(4_000, dtype=np.int32), 2)
    page = np.tile(np.array([0, 1], np.int8), 4_000)
    same = np.tile(np.arange(0, 40_000, 4_000), (8_000, 1))
    seen, memory = ask(stage, same, users=user, page=page)
    first, second = seen.clicked[0::2], seen.clicked[1::2]
    assert second[first].mean() < 0.3 * second[~first].mean() + 0.02
    assert len(memory.watched) == (first | second).sum()


def test_more_of_the_same_tires(stage):
    """The second of two twins is less welcome when the first was watched."""
    videos = stage.videos
    vector = videos.vector[:40_000].astype(np.float32)
    rng = np.random.default_rng(5)
    picked = rng.choice(40_000, 800, replace=False)
    near = (vector[picked] @ vector.T).argsort(axis=1)
    twin = near[:, -2]
    pages = np.full((800, SLATE), -1)
    pages[:, 0], pages[:, 1] = picked, twin
    seen, _ = ask(stage, np.repeat(pages, 10, axis=0))
    fed, after = seen.clicked[:, 0], seen.match[:, 1]
    alone = stage.meet(
        np.arange(8_000, dtype=np.int32), np.repeat(twin, 10)[:, None]
    ).match[:, 0]
    assert (after[fed] < alone[fed]).mean() > 0.99
    assert np.allclose(after[~fed], alone[~fed], atol=1e-5)
    assert (alone[fed] - after[fed]).mean() == pytest.approx(0.35 * 0.8, abs=0.06)


def test_an_empty_page_bores(stage):
    seen, _ = ask(stage, np.full((100, SLATE), -1))
    assert not (seen.clicked | seen.examined).any()
    assert np.allclose(seen.satisfaction, -0.15)


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


def test_a_creator_whom_one_follows_is_clicked_more(stage, lots):
    pages, _ = lots
    user = np.repeat(np.arange(8_000), SLATE)
    follows = Pairs.none().add(user, stage.videos.creator[pages.ravel()])
    seen, _ = ask(stage, pages, memory=Memory(Pairs.none(), follows))
    usual, _ = ask(stage, pages)
    assert seen.clicked.sum() > 1.3 * usual.clicked.sum()
    assert np.allclose(seen.value[:, 0], usual.value[:, 0], atol=1e-5)


def test_pairs_are_a_set():
    a = Pairs.none().add(np.array([3, 1, 3]), np.array([7, 9, 7]))
    b = a.add(np.array([1, 2]), np.array([9, 0]))
    assert (len(a), len(b)) == (2, 3)
    user, thing = np.array([[3, 1], [2, 2]]), np.array([[7, 8], [0, 1]])
    assert b.has(user, thing).tolist() == [[True, False], [True, False]]
    assert not Pairs.none().has(user, thing).any()


def test_a_tiny_world_can_be_made_without_growth():
    size = Size(200, 1_000, 20, 2, joiners=0, uploads=0, beginners=0)
    history = VideoWorld(size).history()
    assert history.users.num_rows == 200
    assert history.videos.num_rows == 1_000
