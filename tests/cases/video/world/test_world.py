"""A world's tables: ids, order, sums; pages that cannot be shown; arms."""

import numpy as np
import pytest

from sevensteps.cases.video import world
from sevensteps.cases.video.world import DAY, SLATE, Incident, Oracle, Size, Slates
from sevensteps.cases.video.world.catalogue import Creators, Space, first_videos
from sevensteps.cases.video.world.people import FOREIGN, FRESH, VideoDay, first_users
from sevensteps.cases.video.world.sessions import Memory, behave, remembered
from sevensteps.world import unit_streams


def test_ids_are_dense_and_a_log_is_in_order_of_time(known):
    h, rows = known.history, known.rows
    for name in ("users", "creators", "videos"):
        ids = getattr(h, name)[f"{name[:-1]}_id"].to_numpy()
        assert (ids == np.arange(len(ids))).all()
    assert (h.videos["uploaded_at"].to_numpy()[rows.video_id] <= rows["at"]).all()
    assert (h.users["joined_at"].to_numpy()[rows.user_id] <= rows["at"]).all()
    uploads = known.state.videos.uploaded_at
    assert (known.state.creators.joined_at[known.state.videos.creator] <= uploads).all()
    assert rows["at"].is_monotonic_increasing
    assert not rows.duplicated(["request_id", "video_id"]).any()
    assert not rows.duplicated(["request_id", "position"]).any()
    assert rows.position.between(0, SLATE - 1).all()
    assert rows.groupby("request_id").user_id.nunique().max() == 1


def test_shards_alone_are_shards_of_the_whole():
    space = Space.of(7)
    creators = Creators.first(space, 500, 7)
    n, more = 1 << 18, 400_000
    whole, first = (first_videos(space, creators, size, 7) for size in (more, n))
    assert len(whole) == more
    assert np.array_equal(whole.vector[:n], first.vector)
    assert np.array_equal(whole.creator[:n], first.creator)
    some, fewer = (first_users(space, size, 7).taste for size in (100_000, 1 << 16))
    assert np.array_equal(some[: 1 << 16], fewer)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Size(50, 2_000, 50, 3), "at least 100 users"),
        (lambda: Size(200, 2_000, 50, 0), "days >= 1"),
        (lambda: Size(200, 2_000, 50, 3, uploads=0.2), r"growth in \[0, 0.1\]"),
        (lambda: Size(2**24, 2_000, 50, 3), "fit into the ids"),
        (lambda: Incident("event", 1, topic=48), "topics are 0 to 47"),
        (lambda: Oracle("money"), "aim is 'satisfaction' or 'clicks'"),
    ],
)
def test_what_cannot_be_made_is_told(make, why):
    with pytest.raises(ValueError, match=why):
        make()


def test_the_same_user_and_video_meet_with_the_same_random_numbers(known):
    """Where two policies show one user one video in one place, both see one thing."""

    def first_places(aim):
        lived = known.world.live(Oracle(aim), days=1, history=known.history)
        return lived.impressions.to_pandas()[lambda rows: rows.position == 0]

    key = ["request_id", "video_id"]
    first = first_places("satisfaction").merge(first_places("clicks"), on=key)
    assert len(first) > 50
    assert (first.clicked_x == first.clicked_y).all()
    assert (first.watched_s_x == first.watched_s_y).all()


def test_outcomes_add_up(known):
    lived = known.world.live(known.world.incumbent(), days=7, history=known.history)
    rows, truth = lived.impressions.to_pandas(), lived.truth.to_pandas()
    pages, daily = lived.requests, lived.daily
    assert daily.requests.sum() == len(pages) == rows.request_id.nunique()
    assert daily.clicks.sum() == pages.clicks.sum() == rows.clicked.sum()
    assert daily.watched_h.sum() == pytest.approx(rows.watched_s.sum() / 3_600)
    assert daily.likes.sum() == rows.liked.sum()
    got = (truth.true_value * rows.clicked).groupby(rows.request_id).sum().clip(-3, 5)
    bored = 0.15 * ~rows.clicked.groupby(rows.request_id).any()
    told = pages.set_index("request_id").true_satisfaction
    assert np.allclose((got - bored)[told.index], told, atol=1e-4)
    assert (rows["at"] // DAY).nunique() == 7


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda v, p, e, _: Slates(v[:, :3], p, e), r"must return \(\d+, 10\)"),
        (lambda v, p, e, w: Slates(v + w.videos.num_rows, p, e), "videos are -1"),
        (lambda v, p, e, _: Slates(v // 2, p, e), "shows a video twice"),
        (lambda v, p, e, _: Slates(v, p * 0, e), r"must lie in \(0, 1\]"),
        (lambda v, p, e, _: Slates(v, p * np.nan, e), r"must lie in \(0, 1\]"),
        (lambda v, p, e, _: Slates(v, p[:1], e), "must have the shape of video_id"),
        (lambda v, p, e, _: Slates.fixed(v[:, :4]), "slates must have the shape"),
    ],
)
def test_pages_that_cannot_be_shown_are_refused(known, change, why):
    def broken(requests, view):
        page = np.arange(SLATE, dtype=np.int32)
        fixed = Slates.fixed(np.tile(page, (len(requests), 1)))
        return change(fixed.video_id, fixed.propensity, fixed.explored, view)

    with pytest.raises(ValueError, match=why):
        known.world.live(broken, days=1, history=known.history)


def test_arms_may_learn_from_all_or_from_their_own(known):
    seen = {}

    def spy(name):
        def policy(requests, view):
            seen[name] = (set(requests.user_id), set(view.log["user_id"].to_pylist()))
            return Slates.fixed(np.full((len(requests), SLATE), -1, np.int32))

        return policy

    for apart in (False, True):
        arms = known.world.arms({"a": spy("a"), "b": spy("b")}, apart=apart)
        known.world.live(arms, days=1, history=known.history)
        for number, name in enumerate("ab"):
            asked, learned = seen[name]
            assert (arms.of(np.array([*asked])) == number).all()
            assert (len({*arms.of(np.array([*learned]))}) == 1) == apart


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
