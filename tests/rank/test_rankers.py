"""Rankers learn what they are shown, in the same way each time."""

from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from sevensteps.measure.judged import ndcg_at_k
from sevensteps.rank import rankers
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.rankers import ColumnRanker, TreePlan, lambdamart, linear, pairwise
from sevensteps.rank.training_pairs import Judged

N, M = 250, 20  # queries, and documents of each
SMALL = TreePlan(n_trees=60, leaves=15, least=20)


def drawn(seed, n=N):
    """Grades that rise with text, if the product fits, and never with noise."""
    rng = np.random.default_rng(seed)
    bm25, fits = rng.gamma(2, 2, n * M), rng.random(n * M) < 0.5
    rating, noise = rng.normal(size=(2, n * M))
    hard = np.repeat(rng.normal(size=n), M)  # a query's own: no ranker can use it
    want = 0.35 * bm25 * fits + 0.5 * rating + 0.3 * rng.normal(size=n * M)
    grade = np.digitize(want, [0.4, 1.2, 2.2, 3.5])
    values = np.column_stack([bm25, fits, rating, hard, noise]).astype(np.float32)
    table = FeatureTable(("bm25", "fits", "rating", "hard", "noise"), values)
    return Judged.of(table, np.repeat(np.arange(n), M), grade)


TRAIN, TEST = drawn(0), drawn(1)


def ndcg(ranker, judged=TEST):
    scores = ranker.scores(judged.features).reshape(-1, M)
    gains = 2.0 ** judged.grade.reshape(-1, M) - 1
    shown = np.take_along_axis(gains, np.argsort(-scores, axis=1), axis=1)
    return ndcg_at_k(shown, np.arange(len(shown)) % 50, k=10).estimate


@pytest.fixture(scope="module")
def listwise():
    return lambdamart(TRAIN, SMALL)


@pytest.mark.parametrize(
    "fit", [linear, pairwise, lambda j: rankers.pointwise(j, SMALL)]
)
@pytest.mark.parametrize(("least", "margin"), [(None, 0.05), (2, 0.03)])
def test_every_kind_beats_one_feature_on_grades_and_clicks(fit, least, margin):
    grade = TRAIN.grade if least is None else (TRAIN.grade > least).astype(np.float32)
    assert ndcg(fit(replace(TRAIN, grade=grade))) > ndcg(ColumnRanker("bm25")) + margin


def test_it_is_lightgbms_own_lambdarank(listwise):
    parameters = {
        "objective": "lambdarank",
        "label_gain": [0, 1, 3, 7, 15],
        "lambdarank_truncation_level": 13,
        "num_leaves": 15,
        "learning_rate": 0.08,
        "min_data_in_leaf": 20,
        "seed": 0,
        "verbose": -1,
        "num_threads": 1,
    }
    x = TRAIN.features.values.astype(np.float64)
    rows = lightgbm.Dataset(x, TRAIN.grade, group=[M] * N)
    theirs = lightgbm.train(parameters, rows, 60)
    assert listwise.scores(TEST.features) == pytest.approx(
        theirs.predict(TEST.features.values), abs=1e-6
    )


def test_rows_of_a_query_need_not_stand_together(listwise):
    apart = TRAIN.take(np.arange(N * M).reshape(N, M).T.ravel())
    other = lambdamart(apart, SMALL)
    assert np.array_equal(other.scores(TEST.features), listwise.scores(TEST.features))


class Stump(TreePlan):
    """A tree whose leaves can be worked out."""

    def parameters(self, **task):
        plain = {"lambdarank_norm": False, "min_sum_hessian_in_leaf": 0.0}
        return super().parameters(**task) | plain


@pytest.mark.parametrize("weight", [1.0, 4.0])
def test_a_rows_weight_scales_its_own_pull_only(weight):
    """Ours to know: LightGBM weighs rows after it has added up their pairs.

    A click in the first place and two rows without one. The first two share a leaf,
    whose value is then known by hand.
    """
    lists = 50
    column = np.tile(np.float32([[0], [0], [1]]), (lists, 1))
    table = FeatureTable(("x",), column)
    judged = Judged.of(
        table,
        np.repeat(np.arange(lists), 3),
        np.tile([1, 0, 0], lists),
        np.tile([weight, 1, 1], lists),
    )
    plan = Stump(n_trees=1, leaves=2, rate=1.0, least=1)
    first, second, third = 1 / np.log2([2, 3, 4])
    one, other = first - second, first - third  # what each swap would cost
    own, pushed = weight * (one + other), one
    expected = 2 * (own - pushed) / (own + pushed)
    scores = lambdamart(judged, plan).scores(table)
    assert scores[:3] == pytest.approx([expected, expected, -2.0], rel=1e-5)


def test_a_pair_counts_by_the_weight_of_its_better_row():
    weight = np.where(TRAIN.grade == 0, 9, 1 + (TRAIN.query < N // 2))
    plain, same = np.ones(len(TRAIN)), np.where(TRAIN.grade == 0, 9, 1)
    fits = [
        pairwise(Judged.of(TRAIN.features, TRAIN.query, TRAIN.grade, each)).weight
        for each in (plain, same, weight)
    ]
    assert fits[0] == pytest.approx(fits[1], rel=1e-12)
    assert fits[0] != pytest.approx(fits[2], rel=1e-4)


def test_a_pair_is_of_one_query_and_in_order():
    better, worse = rankers.drawn_pairs(TRAIN)
    assert (TRAIN.query[better] == TRAIN.query[worse]).all()
    assert (TRAIN.grade[better] > TRAIN.grade[worse]).all()
    assert len(better) > N * M


def test_what_is_not_known_counts_as_the_mean():
    rng = np.random.default_rng(0)
    holes = TRAIN.features.values.copy()
    holes[rng.random(holes.shape) < 0.1] = np.nan
    some = replace(TRAIN, features=FeatureTable(TRAIN.features.names, holes))
    for fit in (linear, pairwise, lambda j: lambdamart(j, SMALL)):
        ranker = fit(some)
        assert np.isfinite(ranker.scores(some.features)).all()
        assert ndcg(ranker) > ndcg(ColumnRanker("bm25"))
    known = linear(TRAIN)
    row = FeatureTable(TRAIN.features.names, np.full((1, 5), np.nan, np.float32))
    assert known.scores(row) == pytest.approx(0)


def test_features_are_found_by_name(listwise):
    turned = TEST.features.only("noise", "hard", "rating", "fits", "bm25")
    more = turned.beside({"new": np.zeros(len(TEST))})
    assert np.array_equal(listwise.scores(more), listwise.scores(TEST.features))
    assert len(listwise.scores(TEST.features.take(np.arange(0)))) == 0


TABLE = FeatureTable(("x",), np.zeros((2, 1), np.float32))


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda: Judged.of(TABLE, [1], [0, 1]), "`query` must have 2 rows"),
        (lambda: Judged.of(TABLE, [1, 1], [0, 1], [1]), "`weight` must have 2 rows"),
        (lambda: Judged.of(TABLE, [1, 1], [0, -1]), "not negative"),
        (lambda: Judged.of(TABLE, [1, 1], [0, np.nan]), "finite"),
        (lambda: Judged.of(TABLE, [1, 1], [0, 1], [1, -1]), "`weight` must be finite"),
        (lambda: pairwise(Judged.of(TABLE, [1, 2], [0, 1])), "nothing to order"),
        (lambda: lambdamart(Judged.of(TABLE, [1, 1], [0, 5])), "from 0 to 4"),
        (lambda: lambdamart(Judged.of(TABLE, [1, 1], [0, 0.5])), "whole numbers"),
        (lambda: linear(TRAIN).scores(TABLE), "no feature bm25, fits"),
        (lambda: ColumnRanker("y").scores(TABLE), "no feature y"),
    ],
)
def test_bad_requests_are_refused(act, told):
    with pytest.raises(ValueError, match=told):
        act()
