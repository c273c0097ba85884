"""The neural re-ranker reads both texts, learns from lists, and repeats itself."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.measure.judged import ndcg_at_k
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.kernels import (
    CENTRE,
    KernelPlan,
    KernelRanker,
    batch_of,
    begun,
    columns_of,
    fit,
    mixed_lists,
    scores_of,
    soft_counts,
    subwords,
    token_vectors,
)
from sevensteps.rank.mlp import unit
from sevensteps.rank.standardizer import Standardizer
from sevensteps.rank.training_pairs import Judged

PLAN = KernelPlan(epochs=4, lists=16, slots=8)
M = 8
THINGS = ["sofa", "lamp", "table", "bed", "chair", "rug", "desk", "mirror"]
ALSO = ["couch", "light", "desk", "bunk", "seat", "carpet", "table", "glass"]
COLOURS = ["red", "blue", "green", "white", "black", "grey"]


def drawn(seed, n=200):
    """Queries in one wording and titles in another; the rating matters a little."""
    rng = np.random.default_rng(seed)
    want, title = (rng.integers((8, 6), size=(*shape, 2)) for shape in ((n,), (n, M)))
    title[np.arange(n), rng.integers(M, size=n)] = want
    rating = rng.random((n, M))
    fits = (title == want[:, None]).sum(axis=2)
    grade = np.where(fits == 2, 3, fits) * (rating > 0.2)
    asked = [f"{COLOURS[c]} {ALSO[t]}" for t, c in want]
    titles = [f"{COLOURS[c]} {THINGS[t]}" for t, c in title.reshape(-1, 2)]
    table = FeatureTable(("rating",), rating.reshape(-1, 1).astype(np.float32))
    judged = Judged.of(table, np.repeat(np.arange(n), M), grade.ravel())
    return judged, np.repeat(subwords(asked, 6), M, axis=0), subwords(titles, 6)


TRAIN, TEST = drawn(0), drawn(1)


def ndcg(ranker, test=TEST):
    scores = ranker.scores(test[0].features, *test[1:]).reshape(-1, M)
    gains = 2.0 ** test[0].grade.reshape(-1, M) - 1
    shown = np.take_along_axis(gains, np.argsort(-scores, axis=1), axis=1)
    return ndcg_at_k(shown, np.arange(len(shown)) % 50, k=5).estimate


@pytest.fixture(scope="module")
def ranker():
    return fit(*TRAIN, PLAN)


def test_counts_are_the_papers_formula():
    vector = token_vectors()
    asked, title = subwords(["grey sofa"], 5), subwords(["a couch, grey"], 9)
    counts = soft_counts(vector, asked, title)[0]
    width = np.array([1e-3, *[0.1] * 10])
    by_hand = np.zeros(len(CENTRE))
    for one in asked[0][asked[0] >= 0]:
        alike = vector[title[0][title[0] >= 0]] @ vector[one]
        each = np.exp(-((alike[:, None] - CENTRE) ** 2) / (2 * width**2)).sum(axis=0)
        by_hand += np.log(np.maximum(each, 1e-10))
    assert counts == pytest.approx(by_hand, rel=1e-4)


def test_it_learns_to_match_other_wordings(ranker):
    assert ndcg(ranker) > ndcg(fit(*TRAIN, replace(PLAN, epochs=1, rate=0.0))) + 0.2
    assert ndcg(ranker) > 0.85
    swapped = TEST[0], TEST[1], np.roll(TEST[2], 1, axis=0)
    assert ndcg(ranker, swapped) < ndcg(ranker) - 0.2, "it needs the words"


def test_training_and_serving_score_alike():
    judged, asked, title = TRAIN
    table = Standardizer.fit(judged.features.values, cut=5)
    columns, used = columns_of(judged, asked, title, table)
    rows, weights = mixed_lists(judged, PLAN), begun(PLAN, 256, 1)
    frozen = token_vectors()
    kernel = Standardizer(np.full(11, -5.0), np.full(11, 3.0), cut=5)
    fixed = {"vector": frozen[used], "mean": kernel.mean, "spread": kernel.spread}
    batch = batch_of(rows, columns, np.arange(16))
    vector = unit(frozen @ weights["project"])
    serving = KernelRanker(("rating",), table, kernel, vector, weights["layers"])
    flat = rows[:16].ravel()
    scores = serving.scores(judged.features.take(flat), asked[flat], title[flat])
    trained = np.asarray(scores_of(weights, batch, fixed)).ravel()
    assert trained == pytest.approx(scores, abs=1e-4)


def test_two_runs_are_identical_and_pairs_are_scored_alone_as_in_a_crowd(ranker):
    many = ranker.scores(TEST[0].features, *TEST[1:])
    again = fit(*TRAIN, PLAN).scores(TEST[0].features, *TEST[1:])
    assert np.array_equal(again, many)
    some = np.array([3, 500, 77])
    few = ranker.scores(TEST[0].features.take(some), TEST[1][some], TEST[2][some])
    assert few == pytest.approx(many[some], abs=1e-4)


def test_clicks_count_by_their_weights():
    """Half of the searches click the wrong way, but those weigh nothing."""
    judged, *texts = TRAIN
    upside_down = np.repeat(np.arange(200) % 2 == 0, M)
    clicked = np.where(upside_down, judged.grade == 0, judged.grade == 3)
    wrong = replace(judged, grade=clicked.astype(np.float32))
    right = replace(wrong, weight=np.where(upside_down, 0, 1).astype(np.float32))
    assert ndcg(fit(right, *texts, PLAN)) > ndcg(fit(wrong, *texts, PLAN)) + 0.1


def test_long_lists_keep_all_that_is_relevant():
    table = FeatureTable(("x",), np.zeros((60, 1), np.float32))
    grade = np.zeros(60)
    grade[[5, 20, 33]] = 1
    judged = Judged.of(table, np.repeat([0, 1, 2], 20), grade)
    rows = mixed_lists(judged, KernelPlan(slots=4))
    assert [sorted(set(row) & {5, 20, 33}) for row in rows.tolist()] == [[5], [20, 33]]
    assert (judged.query[rows] == judged.query[rows[:, :1]]).all()
    assert len(np.unique(rows)) == 8


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda r: fit(TRAIN[0], TRAIN[1][:3], TRAIN[2]), "one row for each judged"),
        (lambda r: fit(*drawn(0, 5), PLAN), "a batch needs 16 lists"),
        (lambda r: r.scores(TEST[0].features, TEST[1][:2], TEST[2]), "one row a pair"),
    ],
)
def test_too_little_is_refused(ranker, act, told):
    with pytest.raises(ValueError, match=told):
        act(ranker)
