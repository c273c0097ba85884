"""The inverted index finds what its rules say, and the same each time."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.query import Query
from sevensteps.rank.keyword import KeywordIndex, Term, _is_led, needed

from .conftest import ask, documents_of

TITLES = ["red sofa", "grey couch", "sofa couch settee", "red lamp", "sofa bed"]
BODIES = ["soft", "soft red", "plain", "sofa bed light", "wood bed"]
SMALL = documents_of([t.split() for t in TITLES], [b.split() for b in BODIES])


@pytest.fixture(scope="module")
def small():
    return KeywordIndex.build(SMALL)


@pytest.fixture(scope="module")
def index(documents):
    return KeywordIndex.build(documents)


def found(index, query, k=10, **more):
    return index.search(query, k, **more)[0].tolist()


def test_scores_fall_ties_go_by_number_and_fewer_are_the_first_of_many(index):
    ids, scores = index.search(ask("w0 w3"), 2_000)
    pairs = list(zip(-scores, ids, strict=True))
    assert pairs == sorted(pairs)
    assert len(np.unique(scores)) < len(scores), "there must be ties to speak of"
    many = found(index, ask("w0"), 1_000)
    assert all(found(index, ask("w0"), k) == many[:k] for k in (1, 7, 50, 333))


def test_the_title_counts_by_its_boost(small):
    boosts = ({"title": boost, "body": 1.0} for boost in (1.0, 9.0))
    flat, steep = (KeywordIndex(small.folder, each) for each in boosts)
    for word, times in (("lamp", 9), ("light", 1)):
        one, other = (index.search(ask(word), 1)[1] for index in (flat, steep))
        assert other == pytest.approx(times * one)


def test_a_phrase_stands_together(small):
    together = Query("sofa bed", (Term("sofa bed"),))
    assert set(found(small, together)) == {3, 4}
    assert set(found(small, ask("sofa bed"), match="all")) == {3, 4}
    swapped = Query("bed sofa", (Term("bed sofa"),))
    assert found(small, swapped) == []
    as_synonym = Query("x", (Term("divan", (("red sofa", 0.5),)),))
    assert found(small, as_synonym) == [0]


ALL = {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("text", "match", "enough", "expected"),
    [
        ("red sofa bed", "all", 1, {3}),
        ("red sofa bed", "most", 1, {0, 3, 4}),
        ("red sofa bed", "any", 1, ALL),
        ("red sofa bed", "all", 2, {0, 3, 4}),
        ("red sofa bed", "all", 4, ALL),
        ("grey rocket", "all", 1, {1}),
        ("grey rocket", "all", 0, set()),
    ],
)
def test_too_few_results_loosen_the_match(small, text, match, enough, expected):
    assert set(found(small, ask(text), match=match, enough=enough)) == expected


def test_one_term_in_three_may_be_missing():
    assert [needed("most", n)[0] for n in range(1, 7)] == [1, 2, 2, 3, 4, 4]


@pytest.mark.parametrize("text", ["w1 w2 w3", "w0 w1 w2 w5", "w0 w4 w9 w20"])
@pytest.mark.parametrize("match", ["all", "most", "any"])
def test_all_terms_that_a_document_has_add_up(documents, index, text, match):
    terms = text.split()
    alone = np.zeros((len(terms), len(documents)), np.float32)
    for row, word in enumerate(terms):
        ids, score = index.search(ask(word), len(documents))
        alone[row, ids] = score
    has = (alone > 0).sum(axis=0)
    least = {"all": len(terms), "most": len(terms) - len(terms) // 3, "any": 1}
    expected = np.flatnonzero(has >= least[match])
    assert 0 < len(expected) < len(documents)
    ids, score = index.search(ask(text), len(documents), match=match, enough=0)
    assert sorted(ids) == expected.tolist()
    assert score == pytest.approx(alone.sum(axis=0)[ids], rel=1e-5)


def test_many_queries_are_padded(small):
    ids, scores = small.search_many([ask("lamp"), ask("rocket"), Query("", ())], 3)
    assert ids.tolist() == [[3, -1, -1], [-1, -1, -1], [-1, -1, -1]]
    assert (scores[0, 0] > 0, np.isneginf(scores[1:]).all()) == (True, True)


def test_a_grown_index_finds_what_is_new_and_the_old_one_stays(small):
    lamp, rug = (documents_of([[word]], [["new"]]) for word in ("lamp", "rug"))
    small.grown(rug, 5)  # and nobody takes it over
    more = small.grown(lamp, 5).grown(rug, 6)
    assert (found(more, ask("lamp")), found(more, ask("new"))) == ([5, 3], [5, 6])
    assert (len(more), found(small, ask("lamp")), len(small)) == (7, [3], 5)


def test_in_many_segments_ties_still_go_by_number():
    one = documents_of([["sofa"]] * 3, [["bed"]] * 3)
    index = KeywordIndex.build(one)
    for first in (10, 20, 30):
        index = index.grown(one, first)
    assert (KeywordIndex.build(one).n_segments, index.n_segments > 1) == (1, True)
    every = [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32]
    assert all(found(index, ask("sofa"), k) == every[:k] for k in range(1, 13))


def test_an_index_opens_again_and_its_temporary_folder_goes_with_it():
    built = KeywordIndex.build(SMALL)
    opened, folder = KeywordIndex(built.folder), built.folder
    assert found(opened, ask("sofa")) == found(built, ask("sofa"))
    assert opened.n_bytes == built.n_bytes > 500
    assert folder.exists()
    del built
    assert not folder.exists()


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda i: i.search(ask("x"), 0), "`k` must be at least 1"),
        (lambda i: i.search(ask("x"), 1, match="some"), "all, most or any"),
        (lambda i: KeywordIndex(i.folder / "no"), "no index in"),
    ],
)
def test_bad_requests_are_refused(small, act, told):
    with pytest.raises(ValueError, match=told):
        act(small)


@pytest.mark.parametrize(
    ("often", "written_out"),
    [
        ([10, 20, 1_000, 9_000], True),
        ([2_000, 2_000, 3_000, 9_000], False),
        ([1_500, 10, 3_000_000, 20], True),  # their order does not matter
    ],
)
def test_common_words_are_counted_only_beside_common_words(often, written_out):
    assert _is_led(3, often) == written_out
