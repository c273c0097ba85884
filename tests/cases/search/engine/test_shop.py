"""A shop's tables as documents, words and an understanding of queries."""

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.shop import Catalogue, QueryLog, understanding
from sevensteps.rank.rankers import ColumnRanker
from sevensteps.rank.text import Analyser

ROWS = [
    ("Grey Velvet Sofa 3 Seater", "a couch for the living room", "sofa", "grey"),
    ("Oak Coffee Table", "goes with any sofa", "table", None),
    ("Red Leather Couch", "soft", "sofa", "red"),
    ("Desk Lamp Black", "for the home office", "lamp", "black"),
    ("Blue Sofa", "made of cotton", "sofa", "blue"),
    ("Black Sofa", "made of leather", "sofa", "black"),
]


def products(rows=ROWS):
    """A shop's table."""
    n = len(rows)
    title, text, category, colour = zip(*rows, strict=True)
    unsaid, every = pa.nulls(n, pa.string()), np.arange(n, dtype=np.int32)
    return pa.table(
        {
            "product_id": every,
            "title": title,
            "description": text,
            "brand": ["velvo"] * n,
            "category": category,
            "colour": colour,
            "material": unsaid,
            "size": unsaid,
            "price": every.astype(np.float32) + 10,
            "margin": np.full(n, 0.3, np.float32),
            "listed_at": np.zeros(n, np.int32),
            "in_stock": [True] * n,
            "rating": pa.array([None] + [4.0] * (n - 1), pa.float32()),
            "n_ratings": np.full(n, 3, np.int32),
            "sold": every,
        }
    )


ANALYSER = Analyser()
QUERIES = pa.table({"query_id": [0, 1, 2], "text": ["sofa", "lamp", "couch grey"]})


ASKED = QueryLog.of(
    pa.table({"query_id": np.repeat(np.arange(3, dtype=np.int32), (6, 1, 9))}), QUERIES
)


def engine(rows=ROWS, **more):
    catalogue = Catalogue.of(products(rows), 3, ANALYSER)
    reads = understanding(catalogue, ANALYSER, ASKED, "sofa, couch\n")
    return Engine.of(catalogue, reads, **more)


@pytest.fixture(scope="module")
def whole():
    return engine()


@pytest.fixture(scope="module")
def words():
    return engine(sources=("keyword",))


def test_columns_become_documents():
    made = Catalogue.of(products(), 3, ANALYSER)
    documents = made.documents
    assert documents.title.texts()[0] == "grey velvet sofa 3 seater"
    assert documents.body.texts()[0] == "couch live room"
    assert documents.fields["colour"].code[1] == -1
    assert made.categories[:3] == ["sofa", "table", "sofa"]
    assert np.isnan(documents.numbers["rating"][0])
    assert (documents.numbers["age_days"] == 3).all()
    length = np.linalg.norm(made.vector.astype(np.float32), axis=1)
    assert length == pytest.approx(1, abs=1e-3)


def test_new_products_are_read_alone_and_the_rest_kept():
    before = Catalogue.of(products(ROWS[:4]), 3, ANALYSER)
    grown = Catalogue.of(products(), 4, ANALYSER, before)
    whole = Catalogue.of(products(), 4, ANALYSER)
    for name in ("title", "body"):
        texts = [getattr(c.documents, name).texts() for c in (grown, whole)]
        assert texts[0] == texts[1]
    assert np.array_equal(grown.vector, whole.vector)
    assert (grown.documents.numbers["age_days"] == 4).all()
    with pytest.raises(ValueError, match="product_id must be 0, 1, 2"):
        Catalogue.of(products().take(pa.array([1, 0, 2])), 3, ANALYSER)


def test_queries_come_most_frequent_first():
    assert ASKED.text == ["couch grey", "sofa", "lamp"]
    assert ASKED.times.tolist() == [9, 6, 1]
    assert ASKED.often(6).text == ["couch grey", "sofa"]


def test_words_find_what_holds_them_and_vectors_what_means_alike(words, whole):
    assert words.lists(["desk lamp"], 6)[0, 0] == 3
    assert whole.lists(["settee"], 6)[0, 0] in {0, 2, 4, 5}  # a word of no product
    assert (words.lists(["settee"], 6) == -1).all()
    assert "sofa" in dict(whole.read(["blue couhc"])[0].terms[-1].synonyms)


def test_a_ranker_orders_what_was_found(words):
    dear = words.with_ranker(ColumnRanker("log_price")).lists(["sofa"], 6)[0]
    found = dear[dear >= 0]
    assert found.tolist() == sorted(found.tolist(), reverse=True)
    assert set(found) == set(words.lists(["sofa"], 6)[0]) - {-1}


def test_each_source_s_place_is_kept(whole):
    queries = whole.read(["grey sofa", "lamp", "settee"])
    found, own = whole.retrieve(queries), whole.by_words(queries).tolist()
    for row, ids in enumerate(found.ids):
        places = [own[row].index(i) if i >= 0 and i in own[row] else -1 for i in ids]
        assert found.rank["keyword"][row].tolist() == places
    table = whole.features(queries, found)
    assert len(table) == len(found.pairs[0])
    assert {"rank_keyword", "rank_dense", "cosine"} <= set(table.names)


def test_an_engine_needs_an_index():
    for sources, told in (((), "needs an index"), (("magic",), "sources are")):
        with pytest.raises(ValueError, match=told):
            engine(sources=sources)


@pytest.fixture
def small():
    """An engine of the first products, and the later ones."""
    return engine(ROWS[:4]), Catalogue.of(products(ROWS[4:]), 3, ANALYSER)


def test_a_grown_engine_finds_as_one_that_is_built_of_all_products(small, whole):
    made = small[0].grown(small[1])
    queries = whole.read(["blue sofa", "black leather", "settee", "lamp for an office"])
    for way in ("by_words", "by_meaning"):
        lists = [getattr(each, way)(queries) for each in (made, whole)]
        assert np.array_equal(*lists)
    found = made.retrieve(queries)
    ours, theirs = (each.features(queries, found) for each in (made, whole))
    assert ours.names == theirs.names
    for name in ("cover", "cosine", "agrees_colour", "title_words", "rank_keyword"):
        assert np.array_equal(ours[name], theirs[name])
    assert np.corrcoef(ours["bm25_title"], theirs["bm25_title"])[0, 1] > 0.9


def test_a_new_brand_is_not_spelt_into_an_old_word(whole):
    assert whole.understanding.reading("blacq").corrected == (("blacq", "black"),)
    named = Catalogue.of(products([("Blacq chair", "", "chair", None)]), 3, ANALYSER)
    assert whole.grown(named).understanding.reading("blacq").corrected == ()
