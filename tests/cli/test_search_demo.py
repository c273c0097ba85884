"""The search's demonstration: made once, and again if it is not whole."""

import json
import shutil
from collections import Counter

import numpy as np
import pytest

from sevensteps.cases.search import demo as search
from sevensteps.cases.search.service import read_search
from sevensteps.serve.demo import Setup


@pytest.fixture
def made(small_engine, small_shop, tmp_path):
    """A copy of the engine, to be changed."""
    return shutil.copytree(small_engine, tmp_path / "cache" / "engine")


def queries(bodies):
    return [json.loads(body)["query"] for body in bodies]


def test_an_engine_that_is_there_is_not_made_again(made, monkeypatch):
    monkeypatch.setattr(search, "WORLD", None)  # no world to make anything of
    search.fill(Setup(made.parent, "a-key-for-tests-only", 0, 200.0))
    assert read_search(made).ranker is not None


def cut_short(folder):
    (folder / "dense.index").write_bytes(b"short")


def without_a_manifest(folder):
    (folder / "manifest.json").unlink()


def of_another_version(folder):
    """The manifest is whole, but a part is told otherwise."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    told["dense"] = {"width": 128}
    path.write_text(json.dumps(told))


@pytest.mark.parametrize("harm", [cut_short, without_a_manifest, of_another_version])
def test_an_engine_that_cannot_be_read_is_made_again(made, small_engine, harm):
    harm(made)
    leftover = made.parent / ".tmp-999999999-engine"
    leftover.mkdir()
    search.fill(Setup(made.parent, "a-key-for-tests-only", 0, 200.0))
    again, before = read_search(made), read_search(small_engine)
    texts = before.catalogue.titles[:20]
    assert np.array_equal(again.lists(texts, 20), before.lists(texts, 20))
    assert not leftover.exists()


def test_what_is_typed_more_often_is_asked_more_often(small_shop):
    log = search.WORLD.history().searches["query_id"].to_pylist()
    text = search.WORLD.history().queries["text"].to_pylist()
    typed = Counter(text[each] for each in log)
    head, n = typed.most_common(1)[0]
    asked = Counter(queries(search.bodies(20_000)))
    assert asked[head] / 20_000 == pytest.approx(n / len(log), rel=0.25)


def test_others_ask_each_time(small_shop):
    assert queries(search.bodies(500)) != queries(search.bodies(500))
