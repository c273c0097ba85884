"""What is known on a morning happened before it; sources name what they should."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from sevensteps.cases.video.recommender import known as past
from sevensteps.cases.video.recommender import sources
from sevensteps.world.arrays import grown


def test_tables_become_arrays(shop):
    log, events = shop.history.impressions.to_pandas(), shop.events
    assert np.array_equal(events.user, log.user_id)
    assert np.array_equal(events.day, log["at"] // 86_400)
    hit = events.clicked
    length = shop.items.length_s[events.item]
    assert np.allclose(events.share[hit], (log.watched_s / length)[hit].clip(upper=1))
    assert not events.share[~hit].any()
    assert np.array_equal(events.stars > 0, log.survey.notna())
    assert shop.items.content.shape == (len(shop.items), 16)
    assert shop.viewers.language.max() == 4


def test_days_are_parts_of_the_whole(shop):
    days = shop.events.days()
    assert [day for day, _ in days] == list(range(14))
    assert sum(len(part) for _, part in days) == len(shop.events)
    assert all((part.day == day).all() for day, part in days)
    assert shop.events.take(slice(0, 0)).days() == []


def test_a_morning_knows_only_the_days_before(shop):
    mornings = past.walk(shop.events, shop.items, shop.viewers, shop.looks)
    today, known = next(pair for pair in mornings if pair[1].day == 6)
    before = shop.events.take(shop.events.day < 6)
    fresh = past.known_after(before, shop.items, shop.viewers, shop.looks)
    assert (today.day == 6).all()
    assert np.array_equal(known.item.clicks, fresh.item.clicks)
    assert np.array_equal(known.last, fresh.last)
    assert np.array_equal(known.watched.keys, fresh.watched.keys)
    assert np.allclose(known.trend, fresh.trend)


def test_counts_are_sums(shop):
    events, known = shop.events, shop.known
    video = int(np.bincount(events.item).argmax())
    mine = events.take(events.item == video)
    assert known.item.clicks[video] == mine.clicked.sum()
    assert known.item.likes[video] == mine.liked.sum()
    assert known.item.shares[video] == pytest.approx(mine.share[mine.clicked].sum())
    looks = shop.looks[mine.position].sum()
    assert known.item.chances[video] == pytest.approx(looks, rel=1e-4)
    creator = shop.items.creator[video]
    theirs = events.take(shop.items.creator[events.item] == creator)
    assert known.creator.clicks[creator] == theirs.clicked.sum()
    user = int(np.bincount(events.user[events.clicked]).argmax())
    assert known.user.clicks[user] == events.clicked[events.user == user].sum()
    ages = 13 - mine.day[mine.clicked]
    assert known.trend[video] == pytest.approx((past.KEEP**ages).sum(), rel=1e-3)
    hers = events.take((events.user == user) & events.clicked)
    topics = np.bincount(shop.items.topic[hers.item], hers.share, known.topics.shape[1])
    assert np.allclose(known.topics[user], topics, atol=1e-3)
    assert known.watched.has(hers.user, hers.item).all()
    fan = events.take(events.subscribed)
    assert known.follows.has(fan.user, shop.items.creator[fan.item]).all()


def test_the_ring_holds_the_latest_clicks(shop):
    events, known = shop.events, shop.known
    n = np.bincount(events.user[events.clicked], minlength=len(shop.viewers))
    for user in (*np.flatnonzero(n > past.RECENT)[:5], *np.flatnonzero(n == 3)[:5]):
        mine = events.take((events.user == user) & events.clicked)
        held = known.last[user]
        assert sorted(held[held >= 0]) == sorted(mine.item[-past.RECENT :])
        one = int(np.flatnonzero(held == mine.item[-1])[0])
        assert known.last_share[user, one] == pytest.approx(mine.share[-1])
    assert (known.last[n == 0] == -1).all()


def test_the_look_curve_is_the_worlds_and_needs_exploration(shop):
    truth = shop.world.truth(shop.history)["true_examined"]
    seen = truth.to_numpy(zero_copy_only=False)
    share = np.array([seen[shop.events.position == p].mean() for p in range(10)])
    assert shop.looks[0] == 1
    assert np.abs(shop.looks - share / share[0]).max() < 0.12
    with pytest.raises(ValueError, match="explore more"):
        past.look_curve(shop.events.take(slice(0, 2_000)))


def test_newcomers_find_room(shop):
    known = past.Known.nothing(shop.items, shop.viewers)
    assert len(known.last) == len(shop.viewers)
    assert (known.last == -1).all()
    empty = shop.events.take(slice(0, 0))
    known.learn(empty, shop.items, shop.viewers, 3)
    assert known.day == 3
    assert known.item.clicks.sum() == 0
    held = np.array([1, 2])
    assert grown(held, 2) is held
    assert grown(held, 4, -1).tolist() == [1, 2, -1, -1]
    with pytest.raises(ValueError, match="no events to learn from"):
        past.known_after(empty, shop.items, shop.viewers)


@pytest.fixture(scope="module")
def clicks(shop):
    made = sources.click_matrix(shop.events, len(shop.viewers), len(shop.items))
    hits = shop.events.take(shop.events.clicked)
    assert made.sum() == pytest.approx((hits.share + 0.1).sum(), rel=1e-4)
    return made


def test_popular_is_what_trends_in_ones_language_and_fresh_is_new(shop):
    source = sources.popular(shop.known, shop.items, shop.viewers)
    found = source(np.arange(50, dtype=np.int32), 40)
    for row, language in enumerate(shop.viewers.language[:50]):
        same = shop.items.language == language
        assert same[found[row]].all()
        best = np.sort(shop.known.trend[same])[::-1][:40]
        assert np.array_equal(shop.known.trend[found[row]], best)
    found = sources.fresh(shop.known, shop.items, shop.viewers)(np.arange(50), 500)
    there = found >= 0
    assert there.any()
    assert (shop.items.born[found[there]] >= shop.known.day - 3).all()
    assert (found[:, -1] == -1).all()  # there are not that many


def test_co_watch_by_hand(shop):
    """Users 0-3 clicked 0 and 1 together, users 4-5 clicked 2 and 3."""
    dense = np.zeros((6, 5), np.float32)
    dense[:4, :2], dense[4:, 2:4] = 1, 1
    dense[0, 2] = 1
    last, share = np.full((2, 20), -1, np.int32), np.zeros((2, 20), np.float32)
    last[0, 0], share[0, 0] = 0, 1.0
    known = replace(shop.known, last=last, last_share=share)
    source = sources.CoWatch.of(sp.csr_matrix(dense), known, shrink=0.0)
    found = source(np.array([0, 1], np.int32), 3)
    assert found.tolist() == [[1, 2, -1], [-1, -1, -1]]
    assert source.near[0, 1] == pytest.approx(1.0)
    assert source.near[0, 2] == pytest.approx(1 / np.sqrt(4 * 3))
    assert source.near[4].sum() == 0
    assert (source.near.diagonal() == 0).all()
    fewer = sources.CoWatch.of(sp.csr_matrix(dense), known, n=1, shrink=0.0)
    assert np.diff(fewer.near.indptr).tolist() == [1, 1, 1, 1, 0]


def test_factors_serve_those_who_clicked(shop, clicks, regulars):
    source = sources.Factors.of(clicks, 16, 20.0, 5.0, seed=1)
    some = regulars[:20]
    found = source(some, 30)
    score = source.users[some] @ source.items.T
    for row in range(20):
        allowed = np.where(source.often, score[row], -np.inf)
        assert set(found[row]) == set(np.argsort(-allowed)[:30])
    never = np.setdiff1d(np.arange(len(shop.viewers)), shop.events.user)
    for strangers in (never[:3], np.array([10**6])):
        assert (source(strangers.astype(np.int32), 5) == -1).all()


def test_near_is_the_largest_product(shop, regulars):
    source = sources.Near.exact(shop.towers, shop.vector, shop.known, shop.viewers)
    found = source(regulars[:30], 25)
    told = shop.known, shop.viewers, shop.vector, regulars[:30]
    score = shop.towers.of_users(*told)[:, 0] @ shop.vector.T
    best = np.sort(score, axis=1)[:, ::-1][:, :25]
    assert np.allclose(np.take_along_axis(score, found, 1), best, atol=1e-5)


def test_followed_are_the_newest_of_those_one_follows(shop):
    source = sources.Followed.of(shop.known, shop.items)
    fans = np.unique(shop.known.follows.keys >> 32)[:40].astype(np.int32)
    found = source(fans, 12)
    for row, user in enumerate(fans):
        named = found[row][found[row] >= 0]
        theirs = shop.items.creator[named]
        assert shop.known.follows.has(np.full(len(named), user), theirs).all()
        newest = named[0]
        same = shop.items.creator == shop.items.creator[newest]
        assert shop.items.born[newest] == shop.items.born[same].max()
    nobody = np.setdiff1d(np.arange(500), shop.known.follows.keys >> 32)[:3]
    assert (source(nobody.astype(np.int32), 5) == -1).all()


def test_sources_merge_without_repeating():
    def naming(first):
        return lambda user, k: np.tile(np.arange(first, first + k), (len(user), 1))

    both = {"a": naming(0), "b": naming(2)}
    found = sources.merged(both, {"a": 4, "b": 3}, np.zeros(2, np.int32))
    assert found.tolist() == [[0, 1, 2, 3, -1, -1, 4]] * 2


def test_small_helpers():
    ids = np.array([[3, 1, 3, -1, 2], [5, 5, 5, 5, 5]])
    assert sources.first_of(ids, 4).tolist() == [[3, 1, 2, -1], [5, -1, -1, -1]]
    assert sources.padded(np.array([[1, 2]]), 4).tolist() == [[1, 2, -1, -1]]
    assert sources.padded(np.array([[1, 2]]), 1).tolist() == [[1]]
    score = np.array([[0.1, 0.9, 0.5]], np.float32)
    assert sources.best_of(score, 2).tolist() == [[1, 2]]
    assert sources.best_of(score, 9).tolist() == [[1, 2, 0]]
