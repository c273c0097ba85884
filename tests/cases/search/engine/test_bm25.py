"""The BM25 that is there to be read ranks as the engine does, and as by hand."""

from math import log

import numpy as np
import pytest
from scipy.stats import kendalltau

from sevensteps.cases.search.engine.bm25 import Bm25
from sevensteps.cases.search.engine.keyword import KeywordIndex

from .conftest import ask, corpus, documents_of, tokens_of


def test_an_example_by_hand():
    # Three texts of 2, 3 and 1 words, 2 on average; "sofa" stands in two of them.
    texts = tokens_of([["red", "sofa"], ["sofa", "sofa", "bed"], ["lamp"]])
    rarity = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    once = rarity * 2.2 * 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 2))
    twice = rarity * 2.2 * 2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    scores = Bm25.of(texts).scores(["sofa"])
    assert scores == pytest.approx([once, twice, 0])
    ids, best = Bm25.of(texts).search(["sofa", "unknown"], 5)
    assert ids.tolist() == [1, 0]
    assert best == pytest.approx([twice, once])


def test_the_settings_do_what_they_say():
    texts = tokens_of([["a", "b"], ["a", "a", "b", "b"], ["c"]])
    flat = Bm25.of(texts, k1=0).scores(["a"])
    assert flat[0] == pytest.approx(flat[1]), "without k1, repetitions do not count"
    even = Bm25.of(texts, b=0).scores(["a"])
    assert even[1] / even[0] == pytest.approx((2 / 3.2) / (1 / 2.2))


QUERIES = [f"w{i} w{2 * i} w{5 * i % 400}" for i in range(1, 60)]


@pytest.fixture(scope="module")
def titles():
    return corpus(3_000, seed=3)


def engine(documents):
    """Titles alone, at their own weight."""
    return KeywordIndex.build(documents, boosts={"title": 1.0})


def test_short_texts_score_as_in_the_engine(titles):
    ours, index = Bm25.of(titles.title), engine(titles)
    for text in QUERIES:
        ids, scores = ours.search(text.split(), 3_000)
        theirs, their_scores = index.search(ask(text), 3_000)
        assert dict(zip(ids, scores, strict=True)) == pytest.approx(
            dict(zip(theirs, their_scores, strict=True)), rel=1e-5
        )


def test_long_texts_rank_nearly_as_in_the_engine():
    """Beyond forty words the engine keeps a length only roughly, in one byte."""
    rng = np.random.default_rng(0)
    texts = [
        [f"w{w}" for w in rng.zipf(1.3, rng.integers(40, 400)) if w < 400]
        for _ in range(1_000)
    ]
    documents = documents_of(texts, [[]] * 1_000)
    ours, index = Bm25.of(documents.title), engine(documents)
    agree, moved = [], 0.0
    for text in QUERIES:
        scores, (ids, theirs) = (
            ours.scores(text.split()),
            index.search(ask(text), 1_000),
        )
        agree.append(kendalltau(scores[ids], theirs).statistic)
        moved = max(moved, np.abs(scores[ids] / theirs - 1).max())
    assert 0.97 < np.mean(agree) < 1
    assert 0.001 < moved < 0.1
