"""Features say what they are named for, the same for one query and for many."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.features import CatalogueFeatures, pair_features
from sevensteps.cases.search.engine.query import Query
from sevensteps.rank.dense import embed
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.keyword import KeywordIndex, Term

from .conftest import ask, documents_of

TITLES = ["red sofa bed", "couch red", "oak table", "sofa"]
BODIES = ["soft", "a red sofa bed", "", "red"]
SMALL = documents_of(
    [t.split() for t in TITLES],
    [b.split() for b in BODIES],
    {"colour": ["red", "red", None, "blue"], "brand": ["acme", None, "ikon", "ikon"]},
    {
        "price": [100, 200, 50, np.nan],
        "rating": [5, 4, np.nan, 3],
        "n_ratings": [1, 1_000, 0, 100],
        "in_stock": [1, 0, 1, 1],
    },
)
REFERENCE = CatalogueFeatures.of(SMALL, embed(TITLES))


def features(query, **more):
    every = np.arange(len(SMALL))
    return pair_features(REFERENCE, [query], np.zeros(4, int), every, **more)


CROWD = [
    Query(
        "x",
        (
            Term(f"w{i}", ((f"w{i + 5}", 0.5), (f"w{i + 1}", 0.7))),
            Term(f"w{2 * i}"),
            Term(f"w{i // 3}"),
            Term("never-written"),
        )[: 2 + i % 3],
    )
    for i in range(60)
]


def test_bm25_is_the_keyword_indexs_score_for_one_query_and_for_many(documents):
    reference = CatalogueFeatures.of(documents)
    ids, scores = KeywordIndex.build(documents).search_many(CROWD, 80)
    row, place = np.nonzero(ids >= 0)
    many = pair_features(reference, CROWD, row, ids[row, place])
    # Texts here are shorter than forty words, whose lengths the index keeps exactly.
    found = 2 * many["bm25_title"] + many["bm25_body"]
    assert found == pytest.approx(scores[row, place], rel=1e-5)
    assert len(row) > 3_000
    for one in (0, 7, 59):
        mine = row == one
        some, first = ids[row, place][mine], np.zeros(mine.sum(), int)
        alone = pair_features(reference, [CROWD[one]], first, some)
        assert np.array_equal(alone.values, many.values[mine], equal_nan=True)


COUCH = (Term("red"), Term("sofa", (("couch", 0.5),)))
DIVAN = (Term("divan", (("sofa bed", 1.0),)),)


@pytest.mark.parametrize(
    ("name", "terms", "expected"),
    [
        ("cover_title", COUCH, [1, 1, 0, 0.5]),
        ("own_title", COUCH, [1, 0.5, 0, 0.5]),
        ("cover_body", (Term("red"), Term("sofa")), [0, 1, 0, 0.5]),
        ("cover", (Term("red"), Term("sofa")), [1, 1, 0, 1]),
        ("n_terms", (Term("red"), Term("sofa")), [2] * 4),
        ("cover_title", (Term("sofa"), Term("never")), [0.5, 0, 0, 0.5]),
        ("cover_title", DIVAN, [1, 0, 0, 0]),
        ("own_title", DIVAN, [0] * 4),
        ("cover", (), [0] * 4),
        ("bm25_title", (), [0] * 4),
    ],
)
def test_coverage_is_the_share_of_terms_that_are_met(name, terms, expected):
    assert features(Query("x", terms))[name] == pytest.approx(expected)


def test_the_best_way_to_meet_a_term_counts():
    def bm25(*synonyms):
        return features(Query("x", (Term("couch", synonyms),)))["bm25_title"].tolist()

    sofa, half = bm25(("sofa", 1.0))[3], bm25(("sofa", 0.5))[3]
    assert bm25() == [0, bm25()[1], 0, 0]
    assert 0 < half == pytest.approx(sofa / 2)
    assert bm25(("sofa", 0.5), ("sofa", 1.0))[3] == sofa, "not their sum"


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        (["red"], "agrees_colour", [1, 1, 0, 0]),
        (["red"], "differs_colour", [0, 0, 0, 1]),
        (["red"], "silent_colour", [0, 0, 1, 0]),
        (["red"], "agrees_brand", [0] * 4),
        (["red"], "silent_brand", [0] * 4),
        (["red", "blue"], "agrees_colour", [1, 1, 0, 1]),  # either will do
        (["mauve"], "differs_colour", [1, 1, 0, 1]),  # which no product has
    ],
)
def test_attributes_agree_differ_or_are_silent(values, name, expected):
    asked = [("shape", "round"), *(("colour", value) for value in values)]
    assert features(Query("x", (), tuple(asked)))[name].tolist() == expected


def test_cosines_are_of_the_text_as_understood():
    query = Query("Couch!", (Term("couch"),), normalised="couch")
    cosine = features(query)["cosine"]
    assert cosine == pytest.approx(embed(TITLES) @ embed(["couch"])[0])
    short = embed(TITLES, 64)
    half = CatalogueFeatures.of(SMALL, short.astype(np.float16))
    made = pair_features(half, [query], [0], [1])["cosine"]
    assert made == pytest.approx(short[1] @ embed(["couch"], 64)[0], abs=1e-3)


def test_numbers_and_ranks_are_put_in_a_form_that_suits():
    made = features(ask("sofa"), ranks={"keyword": [0, 2, 6, -1]})
    assert made["log_price"][:3] == pytest.approx(np.log1p([100, 200, 50]))
    assert np.isnan(made["log_price"][3])
    mean = (5 + 4 * 1_000 + 3 * 100) / 1_101
    shrunk = [(5 + 10 * mean) / 11, (4_000 + 10 * mean) / 1_010, mean]
    assert made["rating"][:3] == pytest.approx(shrunk)
    assert made["in_stock"].tolist() == [1, 0, 1, 1]
    assert made["rank_keyword"] == pytest.approx([1, 1 / 2, 1 / 3, 0])
    none = pair_features(REFERENCE, [ask("sofa")], [], [], ranks={"keyword": []})
    assert none.values.shape == (0, len(made.names))


def test_a_table_gives_columns_and_rows():
    table = FeatureTable(("a", "b"), np.arange(6, dtype=np.float32).reshape(3, 2))
    assert table.without("a").names == ("b",)
    assert table.only("b", "a")["a"].tolist() == [0, 2, 4]
    assert table.take([2, 0])["b"].tolist() == [5, 1]
    assert table.beside({"c": [7, 8, 9]})["c"].tolist() == [7, 8, 9]
    for names in (("a", "a"), ("a",)):
        with pytest.raises(ValueError, match="one name for each column, none twice"):
            FeatureTable(names, np.zeros((1, 2), np.float32))


@pytest.mark.parametrize(
    ("row", "document", "ranks", "told"),
    [
        ([0, 0], [1], {}, "one for each pair"),
        ([0], [1], {"k": [1, 2]}, "broadcast"),
        ([1], [1], {}, "`row` must be 0 to 0"),
        ([0], [4], {}, "`document` must be"),
        ([0], [-1], {}, "`document` must be"),
    ],
)
def test_pairs_that_are_not_there_are_refused(row, document, ranks, told):
    with pytest.raises(ValueError, match=told):
        pair_features(REFERENCE, [ask("x")], row, document, ranks=ranks)
