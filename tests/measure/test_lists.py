"""Lists: recall, discounted gain, coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from sevensteps.measure import coverage, ndcg_at_k, recall_at_k
from sevensteps.measure.judged import found_in


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 12))
def test_found_is_what_a_loop_finds(seed, n, k):
    rng = np.random.default_rng(seed)
    lists = rng.integers(-1, 20, (n, k))
    row, item = rng.integers(n, size=40), rng.integers(20, size=40)
    want = [i in set(lists[r]) for r, i in zip(row, item, strict=True)]
    assert found_in(lists, row, item).tolist() == want


def test_long_ids_are_found_as_they_are():
    ids = 4_000_000_000_000_000_000 + np.arange(6).reshape(3, 2)
    row = np.repeat([0, 1, 2], 6)
    found = found_in(ids, row, np.tile(ids.ravel(), 3)).reshape(3, 3, 2)
    assert (found.all(axis=2) == np.eye(3, dtype=bool)).all()


def test_recall_counts_what_was_wanted_not_lists():
    lists = [[1, 2, 3], [4, 5, 6]]
    row, item = [0, 0, 0, 1], [1, 3, 9, 4]
    got = recall_at_k(lists, row, item, block=[0, 1])
    assert got.estimate == pytest.approx(3 / 4)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_ndcg_equals_a_trusted_library(seed, k):
    rng = np.random.default_rng(seed)
    grade = rng.integers(0, 5, (8, 12)).astype(float)
    score = rng.permuted(np.tile(np.arange(12.0), (8, 1)), axis=1)  # no ties
    order = np.argsort(-score, axis=1)
    shown = np.take_along_axis(grade, order, 1)
    got = ndcg_at_k(shown, np.arange(8), k=k).estimate
    assert got == pytest.approx(ndcg_score(grade, score, k=k), abs=1e-9)


def test_ndcg_of_a_short_list_against_all_that_was_there():
    gains, ideal = [[1.0, 0.0]], [[1.0, 1.0, 0.0]]
    two = ndcg_at_k(gains * 2, [0, 1], k=2, ideal=ideal * 2).estimate
    assert two == pytest.approx(1 / (1 + 1 / np.log2(3)))
    nothing = ndcg_at_k([[0, 0], [1, 0], [1, 0]], [0, 1, 2], k=2)
    assert nothing.estimate == 1


def test_coverage_counts_once():
    assert coverage([[0, 0], [0, 2]], 10) == 0.2
    assert coverage([[-1, -1]], 10) == 0
