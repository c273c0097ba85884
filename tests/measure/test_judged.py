"""Judged lists: equal to trec_eval, scikit-learn and LightGBM, and as theory says."""

from functools import partial
from itertools import permutations

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from sevensteps.measure import block_bootstrap, judged, per_query, ranked
from sevensteps.measure.judged import over_queries

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
mean_ap = partial(judged.mean, per_query.average_precision)
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


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_condensed_lists_equal_trec_eval_on_runs_without_the_unjudged(seed):
    score, grade, query = rows(seed)
    kept = grade >= 0
    told = trec(score[kept], grade[kept], query[kept], {"map"})
    want = np.nan_to_num([each["map"] for each in told])
    some = np.isin(query, query[kept])
    given = score[some], grade[some], query[some]
    got = judged.mean(per_query.average_precision, *given, missing="condensed")
    relevant = [max(grade[query == q]) > 0 for q in np.unique(query[some])]
    assert got.estimate == pytest.approx(want[relevant].mean(), **EXACT)


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


TIED = {
    "ndcg": partial(per_query.ndcg, k=3),
    "reciprocal rank": per_query.reciprocal_rank,
    "average precision": per_query.average_precision,
}


@pytest.mark.parametrize("metric", TIED.values(), ids=TIED)
@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ([2, 1, 1, 1, 0], [0, 1, 0, 1, 1]),
        ([1, 1, 1, 1, 1], [0, 0, 1, 0, 0]),
        ([1, 1, 1, 0, 0], [0, 0, 0, 1, 0]),
        ([2, 2, 1, -np.inf, -np.inf], [1, 0, 0, 1, 0]),
    ],
)
def test_averaged_ties_are_the_mean_over_all_orders(metric, score, grade):
    score, grade, query = np.array(score, float), np.array(grade), [0] * 5
    averaged = metric(ranked(score, grade, query), ties="average")
    orders = [np.array(p) for p in permutations(range(5))]
    lists = [ranked(score[p], grade[p], query) for p in orders]
    assert averaged == pytest.approx(np.mean([*map(metric, lists)]), abs=1e-12)
    assert np.ptp([metric(each, ties="average") for each in lists]) < 1e-12


def test_ties_in_many_queries_are_averaged_query_by_query():
    rng = np.random.default_rng(8)
    ids = np.arange(12)
    score, query = rng.integers(0, 3, 60), np.repeat(ids, 5)
    grade = (rng.random(60) < 0.3).astype(int)
    for metric in (per_query.reciprocal_rank, per_query.average_precision):
        got = metric(ranked(score, grade, query), ties="average")
        alone = [ranked(*(x[query == q] for x in (score, grade, query))) for q in ids]
        want = [metric(lists, ties="average")[0] for lists in alone]
        np.testing.assert_array_equal(got, want)


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


def test_the_interval_covers_as_often_as_it_says():
    rng, covered = np.random.default_rng(5), 0
    for seed in range(300):
        value = rng.beta(2, 2, 150)
        drawn = block_bootstrap(np.arange(150), 300, seed)
        covered += 0.5 in over_queries(value, np.arange(150), block=drawn)
    assert 0.92 <= covered / 300 <= 0.98


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


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: ranked([np.nan], [1], [0]), "`scores` holds NaN"),
        (lambda: ranked([1], [np.nan], [0]), "`grades` holds NaN"),
        (lambda: ranked([1], [-2], [0]), "-1 where nobody judged; row 0 has -2"),
        (lambda: ranked([1], [1], [0.5]), "whole numbers, not float64"),
        (lambda: ranked([1, 2], [1], [0]), "differ in length"),
        (lambda: mean_ndcg([1, 2], [0, 0], [0, 1], k=1), "no query has a relevant"),
        (lambda: mean_ndcg([1, 2], [1, 1], [0, 0], k=1), "at least two blocks"),
        (lambda: mean_ndcg([1], [51], [0], k=1), "grades up to 50"),
        (lambda: mean_ndcg([1], [1], [0], k=0), "`k` must be at least 1"),
        (lambda: mean_ndcg([1], [1], [0], k=1, ties="best"), "`ties` must be"),
        (lambda: mean_ndcg([1], [1], [0], k=1, empty="no"), "'skip' or 'one' or"),
        (lambda: mean_ap([1], [1], [0], relevant=0), "a grade above 0"),
        (lambda: mean_ap([1], [1], [0], missing="drop"), "or 'condensed'"),
        (
            lambda: mean_ap([1, 2], [1, 1], [0, 0], block=[1, 2]),
            "row 1 has another `block`",
        ),
    ],
)
def test_what_cannot_be_measured_is_told(make, why):
    with pytest.raises(ValueError, match=why):
        make()
