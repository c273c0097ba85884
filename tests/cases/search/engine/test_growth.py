"""A grown engine beside one that is built of all products anew."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.shop import Catalogue
from sevensteps.cases.search.experiments import SearchSimulation
from sevensteps.cases.search.world import SearchWorld, Size

N_LATER = 40


@pytest.fixture(scope="module")
def town():
    return SearchSimulation.after(SearchWorld(Size(800, 500, 300, 20, days=3), seed=2))


@pytest.fixture
def parts(town):
    """The engine of all products but the last, and those."""
    products, day = town.history.products, town.history.days
    n = products.num_rows - N_LATER
    ids = np.arange(N_LATER, dtype=np.int32)
    late = (
        products.slice(n).drop_columns("product_id").append_column("product_id", [ids])
    )
    first = Catalogue.of(products.slice(0, n), day, town.analyser)
    engine = Engine.of(first, town.understanding)
    return engine, Catalogue.of(late, day, town.analyser)


def test_new_products_are_found_by_word_and_by_meaning(town, parts):
    engine, later = parts
    made, whole = engine.grown(later), town.engine
    queries = engine.read(later.titles)
    expected = len(engine.catalogue.documents) + np.arange(N_LATER)
    for lists in (made.by_words(queries), made.by_meaning(queries)):
        assert (lists[:, :5] == expected[:, None]).any(axis=1).mean() > 0.9
    assert np.array_equal(made.by_meaning(queries), whole.by_meaning(queries))
    assert np.array_equal(made.by_words(queries), whole.by_words(queries))


def test_it_grows_again_and_the_engine_of_before_is_as_it_was(parts):
    engine, later = parts
    n, texts = len(engine.catalogue.documents), later.titles[:10]
    before = engine.lists(texts, 100)
    twice = engine.grown(later).grown(later)
    assert len(twice.keyword) == len(twice.dense) == n + 2 * N_LATER
    assert sorted(twice.lists(texts[:1], 2)[0].tolist()) == [n, n + N_LATER]
    assert np.array_equal(engine.lists(texts, 100), before)
    assert before.max() < n


def test_features_are_those_of_a_new_build_but_for_the_rarity_of_words(town, parts):
    made = parts[0].grown(parts[1])
    queries = made.read(town.asked.text[:20])
    found = made.retrieve(queries)
    ours, theirs = made.features(queries, found), town.engine.features(queries, found)
    assert ours.names == theirs.names
    rare = ("bm25_title", "bm25_body")
    assert np.array_equal(
        ours.without(*rare).values, theirs.without(*rare).values, equal_nan=True
    )
    assert np.corrcoef(ours["bm25_title"], theirs["bm25_title"])[0, 1] > 0.99


def test_a_new_brand_is_not_spelt_into_an_old_one(town, parts):
    engine, later = parts
    known = next(w for w in engine.understanding.speller.symspell.words if len(w) > 7)
    new = known[:-1] + ("x" if known[-1] != "x" else "y")
    texts = [f"{new} chair", *later.titles[1:]]
    renamed = Catalogue(later.documents, texts, later.vector)
    assert engine.understanding.reading(new).corrected == ((new, known),)
    assert engine.grown(renamed).understanding.reading(new).corrected == ()
