"""Every source names what it says it names, best first, and -1 when it has no more."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from sevensteps.cases.video.recommender import sources


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
