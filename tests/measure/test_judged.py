"""Lists: equal to trec_eval, scikit-learn and LightGBM, and as theory says."""

from functools import partial
from itertools import permutations

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from sevensteps.measure import (
    coverage,
    judged,
    ndcg_at_k,
    per_query,
    ranked,
    recall_at_k,
)
from sevensteps.measure.judged import found_in, over_queries

EXACT = {"abs": 1e-9, "rel": 0}
seeds = st.integers(0, 10_000)


def rows(seed, n_queries=20, most=30, unjudged=0.3, absent=0.2):
    """Shuffled rows: some not judged, some judged but on no list, no equal scores."""
    rng = np.random.default_rng(seed)
    query = np.repeat(np.arange(n_queries) * 3, rng.integers(1, most, n_queries))
    n = len(query)
    score = rng.permutation(n) / n
    grade = np.where(rng.random(n) < 0.5, 0, rng.integers(0, 5, n)).astype(float)
    grade[rng.random(n) < unjudged] = -1
    score[(rng.random(n) < absent) & (grade >= 0)] = -np.inf
    order = rng.permutation(n)
    return score[order], grade[order], query[order]


def trec(score, grade, query, measures):
    """What trec_eval says, per query and measure; NaN where it knows no judgement."""
    qrel, run = {}, {}
    for i, (s, g, q) in enumerate(zip(score, grade, query, strict=True)):
        qrel.setdefault(str(q), {})
        run.setdefault(str(q), {})
        if g >= 0:
            qrel[str(q)][f"d{i}"] = int(2**g - 1)
        if s > -np.inf:
            run[str(q)][f"d{i}"] = float(s)
    known = {q: docs for q, docs in qrel.items() if docs and run[q]}
    told = pytrec_eval.RelevanceEvaluator(known, set(measures)).evaluate(run)
    nothing = {m.replace(".", "_"): np.nan for m in measures}
    return [told.get(str(q), nothing) for q in np.unique(query)]


mean_ndcg = partial(judged.mean, per_query.ndcg)
MEASURES = {
    "ndcg": partial(per_query.ndcg, k=1_000),
    "ndcg_cut_10": partial(per_query.ndcg, k=10),
    "map": per_query.average_precision,
    "recip_rank": per_query.reciprocal_rank,
    "bpref": per_query.bpref,
}


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from([0.0, 0.3, 0.8]), st.sampled_from([0.0, 0.4]))
def test_every_query_counts_what_trec_eval_counts(seed, unjudged, absent):
    made = rows(seed, unjudged=unjudged, absent=absent)
    told = trec(*made, {m.replace("_cut_", "_cut.") for m in MEASURES})
    lists = ranked(*made)
    for name, measure in MEASURES.items():
        want, got = np.array([each[name] for each in told]), measure(lists)
        known = np.isfinite(want)  # to trec_eval a query with nothing relevant is 0
        assert np.nan_to_num(got[known]) == pytest.approx(want[known], **EXACT), name


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(1, 14), st.integers(1, 6))
def test_averaged_ties_equal_scikit_learn(seed, k, values):
    rng = np.random.default_rng(seed)
    grade, score = rng.integers(0, 5, (9, 12)), rng.integers(0, values, (9, 12))
    query = np.repeat(np.arange(9), 12)
    worth = 2**grade - 1
    got = mean_ndcg(score.ravel(), grade.ravel(), query, k=k, ties="average")
    some = worth.any(axis=1)
    want = ndcg_score(worth[some], score[some], k=k)
    assert got.estimate == pytest.approx(want, **EXACT)


#: Four queries of five rows.
OFF = -np.inf  # on no list
SCORES = [[2, 1, 1, 1, 0], [1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [2, 2, 1, OFF, OFF]]
GRADES = [[0, 1, 0, 1, 1], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [1, 0, 0, 1, 0]]


@pytest.mark.parametrize(
    "metric",
    [
        partial(per_query.ndcg, k=3),
        per_query.reciprocal_rank,
        per_query.average_precision,
    ],
)
def test_averaged_ties_are_the_mean_over_all_orders(metric):
    tables, query = (np.array(SCORES), np.array(GRADES)), np.repeat(range(4), 5)
    orders = [[*order] for order in permutations(range(5))]
    lists = [ranked(*(t[:, order].ravel() for t in tables), query) for order in orders]
    averaged = np.array([metric(each, ties="average") for each in lists])
    want = np.mean([*map(metric, lists)], axis=0)
    np.testing.assert_allclose(averaged, [want] * len(lists), atol=1e-12)


def test_an_empty_query_counts_as_named():
    score, grade, query = [2, 1, 2, 1], [1, 0, 0, 0], [0, 0, 1, 1]
    told = {
        empty: mean_ndcg(score, grade, query, k=2, empty=empty).estimate
        for empty in ("skip", "one", "zero")
    }
    assert told == {"skip": 1.0, "one": 1.0, "zero": 0.5}
    lists = ranked(score, grade, query)
    assert np.isnan(per_query.average_precision(lists)).tolist() == [False, True]


def test_missing_judgements_are_counted():
    score, grade, query = [3, 2, 1, 2, 1], [-1, 2, 0, 1, -1], [0, 0, 0, 1, 1]
    share = judged.mean(per_query.judged_share, score, grade, query, k=2)
    assert share.estimate == 0.5
    zero, condensed = (
        mean_ndcg(score, grade, query, k=2, missing=how).estimate
        for how in ("zero", "condensed")
    )
    assert condensed == 1 > zero


def test_queries_of_one_shopper_are_redrawn_together():
    rng = np.random.default_rng(6)
    value = np.repeat(rng.random(50), 10)  # a shopper's ten searches all go alike
    ids, shopper = np.arange(500), np.repeat(np.arange(50), 10)
    alone, together = over_queries(value, ids), over_queries(value, ids, block=shopper)
    width = (together.high - together.low) / (alone.high - alone.low)
    assert 2.6 < width < 3.8  # the square root of ten
    given = rng.random(1_000), np.tile([1, 0], 500), np.repeat(ids, 2)
    each = over_queries(per_query.ndcg(ranked(*given), k=1), ids, block=shopper)
    assert mean_ndcg(*given, k=1, block=np.repeat(shopper, 2)) == each


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
