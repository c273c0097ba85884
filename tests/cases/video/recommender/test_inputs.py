"""A ranker's inputs: the same for one pair as for many, and known that morning."""

import numpy as np
import pytest

from sevensteps.cases.video.recommender.examples import (
    passed_over,
    ranker_rows,
    tower_examples,
)
from sevensteps.cases.video.recommender.inputs import NAMES, inputs, shelf_on
from sevensteps.cases.video.recommender.known import walk

from .conftest import HALF


@pytest.fixture(scope="module")
def shelf(shop, regulars):
    return shelf_on(shop.known, shop.items, shop.viewers, shop.towers, regulars)


def column(x, name):
    return x[..., NAMES.index(name)]


def test_inputs_by_hand_and_of_one_pair_alone(shop, shelf, regulars):
    user, rng = regulars[:40], np.random.default_rng(0)
    item = rng.integers(len(shop.items), size=(40, 30)).astype(np.int32)
    x, known, items = inputs(shelf, user, item), shop.known, shop.items
    assert x.shape == (40, 30, len(NAMES))
    assert np.isfinite(x).all()
    for row, place in ((0, 0), (7, 29), (39, 3)):
        alone = inputs(shelf, user[[row]], item[[row]][:, [place]])
        assert np.allclose(alone[0, 0], x[row, place], atol=1e-5)
    language = shop.viewers.language[user][:, None] == items.language[item]
    assert np.array_equal(column(x, "same_language"), language)
    assert np.allclose(column(x, "age_days"), known.day - items.born[item])
    assert np.allclose(column(x, "video_chances"), np.log1p(known.item.chances[item]))
    usual = known.item.clicks.sum() / known.item.chances.sum()
    rate = (known.item.clicks[item] + 10 * usual) / (known.item.chances[item] + 10)
    assert np.allclose(column(x, "video_click_rate"), rate, atol=1e-5)
    follows = known.follows.has(user[:, None], items.creator[item])
    assert np.array_equal(column(x, "follows"), follows)
    product = np.einsum("nd,nkd->nk", shelf.asks[user], shelf.vector[item])
    assert np.allclose(column(x, "tower"), product, atol=1e-5)
    held = known.last[user[0]]
    near = (shelf.vector[item[0]] @ shelf.vector[held[held >= 0]].T).max(axis=1)
    assert np.allclose(column(x, "nearest")[0], near, atol=1e-5)
    assert np.array_equal(column(x, "topic"), items.topic[item])


def test_who_has_no_past_has_inputs_all_the_same(shop, shelf):
    nobody = np.flatnonzero((shop.known.last < 0).all(axis=1))[:5].astype(np.int32)
    x = inputs(shelf, nobody, np.tile(np.arange(20, dtype=np.int32), (5, 1)))
    assert np.isfinite(x).all()
    assert (column(x, "share_of_near") == 0).all()
    assert (column(x, "user_chances") <= np.log1p(200)).all()


def test_training_rows_are_what_would_have_been_served(shop):
    mornings = walk(shop.events, shop.items, shop.viewers, shop.looks)
    today, known = next(pair for pair in mornings if pair[1].day == HALF)
    told = shop.items, shop.viewers, shop.towers, shop.looks
    past = shop.events.take(shop.events.day <= HALF)
    rows = ranker_rows(past, *told, first=HALF, per_day=10**9)
    users = np.unique(today.user)
    shelf = shelf_on(known, shop.items, shop.viewers, shop.towers, users)
    served = inputs(shelf, today.user[:500], today.item[:500, None])[:, 0]
    assert np.allclose(rows.x[:500], served, atol=1e-5)
    assert np.array_equal(rows.clicked[:500], today.clicked[:500])
    drawn = np.bincount(shop.rows.day)
    assert (drawn[:HALF] == 0).all()
    assert (drawn[HALF:] == 8_000).all()


def test_towers_see_clicks_of_earlier_days_only(shop):
    some = shop.events.take(shop.events.day < 3)
    examples = tower_examples(some, shop.items, shop.viewers)
    assert (examples.last[examples.day == 0] == -1).all()
    first = some.take((some.day == 0) & some.clicked)
    watched = set(first.item)
    held = examples.last[examples.day == 1]
    assert set(held[held >= 0]) <= watched
    assert len(examples.item) == some.clicked.sum()
    assert np.array_equal(examples.weight, some.share[some.clicked])


def test_passed_over_is_seen_and_not_clicked(shop):
    today = shop.events.take(shop.events.day == 4)
    drawn = passed_over(today, np.random.default_rng(0))
    log = shop.history.impressions.to_pandas()
    log = log[log["at"] // 86_400 == 4].reset_index(drop=True)
    last = log[log.clicked].groupby("request_id").position.max()
    for row in np.random.default_rng(1).choice(len(log), 200, replace=False):
        page = log[log.request_id == log.request_id[row]]
        below = last.get(log.request_id[row], -1)
        fair = set(page.video_id[(page.position < below) & ~page.clicked])
        named = drawn[row][drawn[row] >= 0]
        assert set(named) <= fair
        assert len(named) == min(4, len(fair))
