"""An engine comes back as it was, or not at all."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.engine.arrange import PageRules
from sevensteps.cases.search.engine.documents import Documents
from sevensteps.cases.search.engine.keyword import KeywordIndex
from sevensteps.cases.search.engine.shop import Catalogue
from sevensteps.cases.search.service import export_search, read_search
from sevensteps.cases.search.service.asking import Product
from sevensteps.cases.search.service.bundle import read_manifest, rules_of
from sevensteps.cases.search.service.live import _table
from sevensteps.rank.rankers import ColumnRanker, LinearRanker
from sevensteps.serve.bundle import MANIFEST, hash_of
from sevensteps.serve.errors import ModelError


def test_an_engine_that_was_read_finds_the_same(engine, bundle, asked):
    again, texts = read_search(bundle), asked.text[:60]
    assert again.read(texts) == engine.read(texts)
    assert np.array_equal(again.lists(texts, 200), engine.lists(texts, 200))


def test_it_understands_the_same(engine, bundle):
    again = read_search(bundle).understanding
    for text in ("gray sofaa", "sofas without arms under 500", "cofee table oak", "w"):
        assert again.reading(text) == engine.understanding.reading(text)


def test_large_arrays_are_mapped(bundle):
    catalogue = read_search(bundle).catalogue
    for array in (catalogue.vector, catalogue.documents.title.code):
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable


def test_nothing_in_it_is_pickled(bundle):
    for file in bundle.rglob("*.npy"):
        np.load(file, allow_pickle=False)
    kinds = {file.suffix for file in bundle.iterdir() if file.is_file()}
    assert kinds == {".npy", ".json", ".txt", ".index"}


@pytest.fixture
def copy(bundle, tmp_path):
    return shutil.copytree(bundle, tmp_path / "copy")


@pytest.mark.parametrize(
    "name", ["dense.index", "vector.npy", "words.json", "ranker.txt", "keyword"]
)
def test_a_damaged_file_is_named(copy, name):
    file = copy / name
    if file.is_dir():
        file = next(file.glob("*.idx"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(ModelError, match=f"{file.name} is damaged"):
        read_search(copy)


def test_a_file_that_is_gone_is_named(copy):
    (copy / "idf.title.npy").unlink()
    with pytest.raises(ModelError, match=r"idf.title.npy \(No such file"):
        read_search(copy)


def test_a_folder_without_a_manifest_says_what_to_do(copy):
    (copy / MANIFEST).write_text("{")
    with pytest.raises(ModelError, match="export again"):
        read_manifest(copy)
    (copy / MANIFEST).unlink()
    with pytest.raises(ModelError, match="export_search"):
        read_search(copy)


def swap(copy, part, other):
    """Put another's part in, with hashes that fit: whole, yet wrong."""
    told = json.loads((copy / MANIFEST).read_text())
    for name in [n for n in told["files"] if n.startswith(part)]:
        (copy / name).unlink()
        del told["files"][name]
    found = [f for f in other.rglob("*") if f.is_file()] if other.is_dir() else [other]
    for file in found:
        name = part if file == other else f"{part}/{file.name}"
        if not name.endswith(".lock"):
            shutil.copy(file, copy / name)
            told["files"][name] = hash_of(copy / name)
    (copy / MANIFEST).write_text(json.dumps(told))


def test_an_index_of_other_products_is_refused(engine, copy, tmp_path):
    order = np.roll(np.arange(len(engine.catalogue.documents)), 1)
    texts = engine.catalogue.documents
    rolled = Documents(texts.title.take(order), texts.body.take(order))
    other = KeywordIndex.build(rolled, tmp_path / "k")
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
    n = 2
    other = LinearRanker(("cosine", "moon"), np.zeros(n), np.ones(n), np.ones(n))
    made = export_search(engine.with_ranker(other), tmp_path / "other")
    with pytest.raises(ModelError, match="no feature moon"):
        read_search(made)


@pytest.mark.parametrize("sources", [("keyword",), ("dense",)])
def test_an_engine_of_one_source_and_a_linear_ranker(engine, asked, tmp_path, sources):
    linear = LinearRanker(("cosine",), np.zeros(1), np.ones(1), np.ones(1))
    off = {"keyword": "dense", "dense": "keyword"}[sources[0]]
    some = replace(engine, ranker=linear, **{off: None})
    again = read_search(export_search(some, tmp_path / "one"))
    assert getattr(again, off) is None
    texts = asked.text[:10]
    assert np.array_equal(again.lists(texts, 50), some.lists(texts, 50))


def test_rules_of_the_page_travel_along(engine, tmp_path):
    rules = PageRules(2, 5)
    made = export_search(engine, tmp_path / "ruled", rules=rules)
    assert rules_of(read_manifest(made)["rules"]) == rules


def test_an_export_does_not_overwrite_and_leaves_nothing_behind(engine, bundle):
    with pytest.raises(FileExistsError, match="choose a new folder"):
        export_search(engine, bundle)
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]


def test_only_known_rankers_are_exported(engine, tmp_path):
    with pytest.raises(TypeError, match="lambdamart"):
        export_search(engine.with_ranker(ColumnRanker("cosine")), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_copy_takes_products_in_and_the_bundle_stays_as_it_was(bundle, tmp_path):
    engine = read_search(bundle, tmp_path)
    product = Product(
        title="Zorblax Lamp", description="A lamp.", brand="Zorblax", category="lamp",
        price=9.0, margin=0.3,
    )  # fmt: skip
    later = Catalogue.of(_table([product]), 0, engine.understanding.analyser)
    assert len(engine.grown(later).keyword) == len(engine.keyword) + 1
    assert len(read_search(bundle).keyword) == len(engine.keyword)
