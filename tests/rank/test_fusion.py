"""Fusions put what sources agree on first, by the published formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevensteps.rank.fusion import Mix, Pool, reciprocal_ranks

LISTS = st.lists(st.permutations(range(8)).map(lambda p: p[:5]), min_size=1, max_size=4)


@given(LISTS)
def test_reciprocal_ranks_are_the_papers(lists):
    ids, values = reciprocal_ranks([np.array([ranked]) for ranked in lists], 8)
    items = {item for ranked in lists for item in ranked}
    plainly = {
        item: sum(1 / (61 + r.index(item)) for r in lists if item in r)
        for item in items
    }
    found = dict(zip(ids[0].tolist(), values[0].tolist(), strict=True))
    rest = {-1: -np.inf} if len(items) < 8 else {}
    assert found == pytest.approx(plainly | rest)
    assert values[0].tolist() == sorted(values[0], reverse=True)


def test_rows_do_not_mix():
    one, two = np.array([[1, 2], [3, -1]]), np.array([[2, 9], [4, 3]])
    ids, values = reciprocal_ranks([one, two], 3)
    assert ids.tolist() == [[2, 1, 9], [3, 4, -1]]
    assert values[0, 0] == pytest.approx(1 / 62 + 1 / 61)
    assert np.isneginf(values[1, 2])


@pytest.fixture(scope="module")
def judged():
    """A good source and one of pure chance; item 0 to 4 of each row are relevant."""
    rng = np.random.default_rng(0)
    n, items = 300, 40
    worth = (np.arange(items) < 5) + rng.normal(0, 0.6, (n, items))
    good = np.argsort(-worth, axis=1)
    bad = rng.permuted(np.tile(np.arange(items), (n, 1)), axis=1)
    scores = [np.tile(np.linspace(top, 0, 15), (n, 1)) for top in (9, 1)]
    return [good[:, :15], bad[:, :15]], scores


def test_a_mix_learns_whom_to_believe(judged):
    lists, scores = judged
    pool = Pool.of(lists, scores)
    mix = Mix.fit(pool, pool.item < 5)
    ids, values = mix(pool, 5)
    hits = {"mix": (ids < 5).mean(), "sum": (reciprocal_ranks(lists, 5)[0] < 5).mean()}
    assert hits["mix"] > hits["sum"] + 0.1
    assert (np.diff(values, axis=1) <= 0).all()


def test_a_pool_keeps_ranks_and_scores():
    pool = Pool.of([[[4, 2]], [[2, -1]]], [[[0.5, 0.25]], [[7, 0]]])
    assert pool.item.tolist() == [2, 4]
    assert pool.rank.tolist() == [[1, 0], [0, -1]]
    assert pool.score[0].tolist() == [0.25, 7]
    assert np.isnan(pool.score[1, 1])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Pool.of([]), "at least one table"),
        (lambda: Pool.of([[1, 2]]), "at least one table"),
        (lambda: Pool.of([[[1]], [[1], [2]]]), "a row for each query"),
        (lambda: Pool.of([[[1]]], [[[1, 2]]]), "the shapes of their lists"),
        (lambda: Pool.of([[[1, 1]]]), "twice on one list of source 0"),
        (lambda: Mix.fit(Pool.of([[[1]]]), [True, False]), "each of the 1 pairs"),
        (lambda: Mix.fit(Pool.of([[[1]]]), [True]), "relevant pairs and others"),
    ],
)
def test_bad_lists_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()
