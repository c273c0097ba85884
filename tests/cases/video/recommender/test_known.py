"""What is known on a morning is what happened before it, and nothing else."""

import numpy as np
import pytest

from sevensteps.cases.video.recommender import known as past
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
