"""When the vectors are late, a ranker that never knew them orders the words' list."""

import json
import shutil
from dataclasses import replace

import httpx
import numpy as np
import pytest

from sevensteps.search.arrange import Rules, arranged
from sevensteps.search.rankers import ColumnRanker, LinearRanker
from sevensteps.serve.errors import ModelError
from sevensteps.serve.load import load
from sevensteps.serve.queries import (
    PATH,
    export_search,
    read_search,
    read_spare,
    running_search,
    search_requests,
)
from sevensteps.serve.queries.bundle import MANIFEST, read_manifest

from .conftest import HEAD, ids, search, started


def linear(*names):
    """A ranker that is the mean of some features."""
    n = len(names)
    return LinearRanker(names, np.zeros(n), np.ones(n), np.ones(n))


def by_spare(engine, spare, text):
    """What the words find, in the spare ranker's order, after the rules of the page."""
    (query,) = engine.read([text])
    words = replace(engine, dense=None, ranker=spare)
    found = words.lists([text], engine.pool)[0]
    return arranged(query, found, engine.catalogue.documents, Rules())


def breaking(client, *broken):
    """The service, some of its stages broken."""

    def hook(name):
        if name in broken:
            raise FloatingPointError(name)

    client.app.state.searches.pipeline.hook = hook
    return client.app.state.searches


def test_without_vectors_the_spare_ranker_orders_what_the_words_found(
    spared, engine, spare, asked
):
    with started(spared, deadline_ms=5_000) as client:
        searches = breaking(client, "meaning")
        for n, text in enumerate(asked.text[:6]):
            told = search(client, text)
            why = "meaning_FloatingPointError" if n < 3 else "meaning_down"
            assert (told["source"], told["fallback"]) == ("ranked", why)
            assert ids(told) == by_spare(engine, spare, text)[:20]
        counted = client.get("/metrics").text
        assert len(searches.lists) == 0  # it is not remembered
    line = 'sevensteps_searches_total{fallback="meaning_down",source="ranked"} 3.0'
    assert line in counted


def test_with_vectors_the_spare_ranker_changes_nothing(spared, calm, asked):
    with started(spared, deadline_ms=5_000) as client:
        for text in asked.text[:5]:
            told, same = search(client, text), search(calm, text)
            assert (ids(told), told["fallback"]) == (ids(same), None)


def test_if_ranking_breaks_too_the_keywords_order_answers(spared, asked):
    with started(spared, deadline_ms=5_000) as client:
        breaking(client, "meaning", "rank")
        told = search(client, asked.text[0])
    assert (told["source"], told["fallback"]) == ("keywords", "rank_FloatingPointError")


def test_if_the_words_found_nothing_bestsellers_answer(spared):
    with started(spared, deadline_ms=5_000) as client:
        breaking(client, "meaning")
        told = search(client, "8127634 5550123")
    assert (told["source"], len(told["products"])) == ("bestsellers", 20)
    assert told["fallback"] == "meaning_FloatingPointError"


def test_vectors_that_hang_leave_time_for_ranking(spared, engine, spare, asked):
    hangs = {"slow_stage": "meaning", "slow_ms": 600, "deadline_ms": 200}
    with running_search(spared, **hangs) as service:
        head = HEAD | {"X-API-Key": service.api_key}
        with httpx.Client(base_url=service.url, headers=head, trust_env=False) as door:
            replies = [door.post(PATH, json={"query": q}) for q in asked.text[:8]]
        told = {"api_key": service.api_key, "path": PATH, "seed": 1}
        report = load(service.url, search_requests(asked, 100), 10, 3, **told)
    pages = [reply.json() for reply in replies]
    assert {page["source"] for page in pages} == {"ranked"}
    assert {page["fallback"] for page in pages} == {"meaning_late", "meaning_down"}
    assert max(page["elapsed_ms"] for page in pages) < 200
    assert ids(pages[0]) == by_spare(engine, spare, asked.text[0])[:20]
    assert report.errors == {}
    assert report.by_rules == len(report.latency_ms)  # each counts as a fallback


@pytest.mark.parametrize("kind", ["trees", "linear"])
def test_it_comes_back_as_it_was(engine, spare, asked, tmp_path, kind):
    given = spare if kind == "trees" else linear("cosine", "rank_keyword")
    made = export_search(engine, tmp_path / "made", spare=given)
    assert read_manifest(made)["spare"] == list(given.names)
    again, text = read_spare(made), asked.text[3]
    assert by_spare(engine, again, text) == by_spare(engine, given, text)
    assert np.array_equal(read_search(made).lists([text], 50), engine.lists([text], 50))


def test_a_bundle_of_before_has_none(bundle, tmp_path):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    told = json.loads((copy / MANIFEST).read_text())
    del told["spare"]
    (copy / MANIFEST).write_text(json.dumps(told))
    assert read_spare(copy) is None
    assert read_search(copy).ranker is not None


@pytest.mark.parametrize("name", ["rank_dense", "moon"])
def test_a_feature_that_the_words_cannot_tell_is_refused(engine, tmp_path, name):
    with pytest.raises(ValueError, match=f"cannot tell {name}"):
        export_search(engine, tmp_path / "x", spare=linear("cosine", name))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("off", ["keyword", "dense", "ranker"])
def test_it_needs_something_to_stand_in_for(engine, spare, tmp_path, off):
    with pytest.raises(ValueError, match="nothing else to stand in for"):
        export_search(replace(engine, **{off: None}), tmp_path / "x", spare=spare)


def test_only_known_rankers_are_exported(engine, tmp_path):
    with pytest.raises(TypeError, match="lambdamart"):
        export_search(engine, tmp_path / "x", spare=ColumnRanker("cosine"))


def test_damage_is_seen_at_the_start(spared, tmp_path):
    copy = shutil.copytree(spared, tmp_path / "copy")
    (copy / "spare.txt").write_text("tree")
    with pytest.raises(ModelError, match=r"spare\.txt is damaged"):
        read_search(copy)
    shutil.copy(spared / "spare.txt", copy / "spare.txt")
    told = json.loads((copy / MANIFEST).read_text())
    told["spare"][0] = "moon"
    (copy / MANIFEST).write_text(json.dumps(told))
    with pytest.raises(ModelError, match="no feature moon"):
        read_search(copy)
