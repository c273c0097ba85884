"""An engine comes back as it was, or not at all."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.engine.shop import Documents
from sevensteps.cases.search.service import export_search, read_search
from sevensteps.cases.search.service.bundle import ENGINE
from sevensteps.cases.search.service.stages import Live
from sevensteps.rank.keyword import KeywordIndex
from sevensteps.rank.rankers import ColumnRanker, LinearRanker
from sevensteps.serve.bundle import ModelError
from sevensteps.world.storage import MANIFEST, write_manifest


def test_an_engine_that_was_read_understands_and_finds_the_same(engine, bundle, asked):
    again, texts = read_search(bundle), asked.text[:60]
    assert again.read(texts) == engine.read(texts)
    assert np.array_equal(again.lists(texts, 200), engine.lists(texts, 200))
    for text in ("gray sofaa", "sofas without arms under 500", "cofee table oak", "w"):
        assert again.understanding.reading(text) == engine.understanding.reading(text)


def test_large_arrays_are_mapped_and_nothing_is_pickled(bundle):
    catalogue = read_search(bundle).catalogue
    for array in (catalogue.vector, catalogue.documents.title.code):
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable
    kinds = {file.suffix for file in bundle.iterdir() if file.is_file()}
    assert kinds == {".npy", ".json", ".txt", ".index"}


@pytest.fixture
def copy(bundle, tmp_path):
    return shutil.copytree(bundle, tmp_path / "copy")


def test_what_is_not_a_whole_engine_says_what_to_do(copy):
    (copy / "idf.title.npy").unlink()
    with pytest.raises(ModelError, match=r"idf.title.npy is missing"):
        read_search(copy)
    (copy / MANIFEST).unlink()
    with pytest.raises(ModelError, match="export_search"):
        read_search(copy)


def swap(copy, part, other):
    """Put another's part in, with hashes that fit: whole, yet wrong."""
    facts = json.loads((copy / MANIFEST).read_text())["content"]
    if other.is_dir():
        shutil.rmtree(copy / part)
        locks = shutil.ignore_patterns("*.lock")
        shutil.copytree(other, copy / part, ignore=locks)
    else:
        shutil.copy(other, copy / part)
    (copy / MANIFEST).unlink()
    write_manifest(copy, ENGINE, facts)


def test_an_index_of_other_products_is_refused(engine, copy):
    order = np.roll(np.arange(len(engine.catalogue.documents)), 1)
    texts = engine.catalogue.documents
    rolled = Documents(texts.title.take(order), texts.body.take(order))
    other = KeywordIndex.build(rolled)
    swap(copy, "keyword", other.folder)
    with pytest.raises(ModelError, match=r"keyword index .* other products"):
        read_search(copy)


def test_vectors_of_other_products_are_refused(engine, copy, tmp_path):
    rolled = np.roll(engine.catalogue.vector, 1, axis=0)
    other = replace(engine, catalogue=replace(engine.catalogue, vector=rolled))
    swap(copy, "vector.npy", export_search(other, tmp_path / "o") / "vector.npy")
    with pytest.raises(ModelError, match=r"dense index .* other products"):
        read_search(copy)


def test_a_ranker_of_other_features_is_refused(engine, tmp_path):
    other = LinearRanker(("cosine", "moon"), np.zeros(2), np.ones(2), np.ones(2))
    made = export_search(engine.with_ranker(other), tmp_path / "other")
    with pytest.raises(ModelError, match="no feature moon"):
        read_search(made)


@pytest.mark.parametrize("off", ["keyword", "dense"])
def test_an_engine_of_one_source_and_a_linear_ranker(engine, asked, tmp_path, off):
    linear = LinearRanker(("cosine",), np.zeros(1), np.ones(1), np.ones(1))
    some = replace(engine, ranker=linear, **{off: None})
    again = read_search(export_search(some, tmp_path / "one"))
    assert getattr(again, off) is None
    texts = asked.text[:10]
    assert np.array_equal(again.lists(texts, 50), some.lists(texts, 50))


def test_an_export_overwrites_nothing_and_leaves_nothing(engine, bundle, tmp_path):
    with pytest.raises(FileExistsError, match="choose another"):
        export_search(engine, bundle)
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]
    with pytest.raises(TypeError, match="lambdamart"):
        export_search(engine.with_ranker(ColumnRanker("cosine")), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_new_products_leave_the_bundle_as_it_was(engine, bundle):
    live = Live(bundle)
    product = {"title": "Zorblax Lamp", "description": "A lamp.", "brand": "Zorblax"}
    product |= {"category": "lamp", "price": 9.0, "margin": 0.3, "in_stock": True}
    live.add([product], 0.0)
    assert len(live.state.engine.keyword) == len(engine.keyword) + 1
    assert len(read_search(bundle).keyword) == len(engine.keyword)
    live.close()
