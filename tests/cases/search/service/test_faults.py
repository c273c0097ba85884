"""Drills: whatever is late, broken or gone, a page comes in time and says so."""

import shutil
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.engine.arrange import PageRules, arranged
from sevensteps.cases.search.service import PATH, SearchConfig, serve_search
from sevensteps.cases.search.service.stages import MEANINGS
from sevensteps.serve.config import KEY_VARIABLE, main

from .conftest import KEY, ids, post, search, started


def by_keywords(engine, text):
    """BM25's own order, after the rules of the page."""
    queries = engine.read([text])
    found = engine.by_words(queries)[0]
    return arranged(queries[0], found, engine.catalogue.documents, PageRules())


def with_one(engine, text, source, other):
    """What one source finds, in the ranker's order: the other found nothing."""
    (query,) = engine.read([text])
    own = {"keyword": engine.by_words, "dense": engine.by_meaning}[source]([query])
    lists = {source: own, other: np.full_like(own, -1)}
    ordered = engine.ordered([query], engine.joined(lists))[0]
    return arranged(query, ordered, engine.catalogue.documents, PageRules())


def by_ranker(engine, text):
    """The words' list, in the ranker's order."""
    return with_one(engine, text, "keyword", "dense")


def by_nearness(engine, text):
    """The vectors' list, in the ranker's order."""
    return with_one(engine, text, "dense", "keyword")


def as_typed(engine, text):
    """The whole way for the words that were typed."""
    blunt = replace(engine, understanding=engine.understanding.without(*MEANINGS))
    (query,) = blunt.read([text])
    return arranged(
        query, blunt.lists([text], 200)[0], engine.catalogue.documents, PageRules()
    )


#: Who answers without a stage, and what.
INSTEAD = {
    "rank": ("keywords", by_keywords),
    "meaning": ("ranked", by_ranker),
    "words": ("ranked", by_nearness),
    "understand": ("ranked", as_typed),
}


def failing(*stages):
    """A hook under which some stages break."""

    def hook(name):
        if name in stages:
            raise FloatingPointError(name)

    return hook


def drilled(client, hook):
    """The service, with a hook in its stages."""
    client.app.desk.pipeline.hook = hook
    return client.searches


def without_trials(client, stage):
    """A circuit that opens stays open for seconds, however slow this machine is."""
    client.app.desk.pipeline.breakers[stage].retry_s = 600


@pytest.mark.parametrize("stage", INSTEAD)
def test_without_a_stage_the_others_answer(client, engine, asked, stage):
    searches, (source, expected) = drilled(client, failing(stage)), INSTEAD[stage]
    without_trials(client, stage)
    for n, text in enumerate(asked.text[:6]):
        told = search(client, text)
        why = "FloatingPointError" if n < 3 else "down"  # then the circuit is open
        assert (told["source"], told["fallback"]) == (source, f"{stage}_{why}")
        assert ids(told) == expected(engine, text)[:20]
    ready = client.get("/ready").json()
    assert ready["problems"] == [f"{stage}: circuit open"]
    assert f"sevensteps_search_{stage}_open 1.0" in client.get("/metrics").text
    assert len(searches.lists) == 0  # a fallback is not remembered


def test_a_ranker_that_is_mended_ranks_again(client, asked):
    drilled(client, failing("rank"))
    client.app.desk.pipeline.breakers["rank"].retry_s = 0.01
    for text in asked.text[:4]:
        search(client, text)
    drilled(client, lambda stage: None)
    time.sleep(0.05)
    assert search(client, asked.text[5])["source"] == "ranked"
    assert client.get("/ready").json()["status"] == "ready"


@pytest.mark.parametrize("stage", INSTEAD)
def test_what_is_slow_is_done_without_in_time(bundle, engine, asked, stage):
    slow = {"slow_stage": stage, "slow_ms": 2_400, "deadline_ms": 1_000}
    with started(bundle, **slow) as client:
        told = [search(client, text) for text in asked.text[:5]]
    source, expected = INSTEAD[stage]
    assert [t["source"] for t in told] == [source] * 5
    assert {t["fallback"] for t in told} <= {f"{stage}_late", f"{stage}_down"}
    assert max(t["elapsed_ms"] for t in told) < 1_000
    assert ids(told[0]) == expected(engine, asked.text[0])[:20]


def test_vectors_that_hang_cost_a_few_budgets_and_then_nothing(bundle, asked):
    free = threading.Event()
    with started(bundle, deadline_ms=800) as client:
        drilled(client, lambda stage: stage != "meaning" or free.wait(20))
        try:
            told = [search(client, text) for text in asked.text[:8]]
        finally:
            free.set()
    assert {t["source"] for t in told} == {"ranked"}
    assert told[-1]["fallback"] == "meaning_down"
    assert max(t["elapsed_ms"] for t in told) < 800
    assert min(t["elapsed_ms"] for t in told[3:]) < 200


def test_without_both_indexes_bestsellers_of_the_category_answer(client, engine):
    documents = engine.catalogue.documents
    category, sold = documents.fields["category"], documents.numbers["sold"]
    code = int(np.bincount(category.code[category.code >= 0]).argmax())
    name = category.names[code]
    drilled(client, failing("words", "meaning"))
    told = search(client, name, places=50)
    assert (told["source"], told["fallback"]) == (
        "bestsellers",
        "words_FloatingPointError",
    )
    assert len(told["products"]) >= 10
    assert {category.code[p] for p in ids(told)} == {code}
    best = [p for p in ids(told) if p in ids(told)[:3]]
    assert sold[best].min() >= np.median(sold[category.code == code])
    told = search(client, name, filters={"category": [name], "price_max": 0.01})
    assert told["products"] == []
    assert "search is not available" in told["why"]


MISSING = [["understand"], ["words"], ["meaning"], ["rank"], ["words", "rank"]]
MISSING += [["words", "meaning"], ["understand", "words", "meaning"]]


@pytest.mark.parametrize("stages", MISSING, ids="+".join)
def test_whatever_is_missing_what_passes_narrow_filters_is_shown(
    client, engine, asked, stages
):
    documents = engine.catalogue.documents
    rare = documents.fields["brand"]
    code = int(np.bincount(rare.code[rare.code >= 0]).argmin())
    cheap = float(np.quantile(documents.numbers["price"][rare.code == code], 0.8))
    drilled(client, failing(*stages))
    for text in asked.text[:2]:
        told = search(
            client, text, filters={"brand": [rare.names[code]], "price_max": cheap}
        )
        assert told["fallback"]
        assert told["products"]
        assert {rare.code[p] for p in ids(told)} == {code}
        assert max(p["price"] for p in told["products"]) <= cheap


def test_of_two_ticked_categories_both_are_shown(client, engine):
    column = engine.catalogue.documents.fields["category"]
    some = [column.names[code] for code in np.argsort(-np.bincount(column.code))[:2]]
    drilled(client, failing("words", "meaning"))
    told = search(client, "present", filters={"category": some}, places=50)
    assert {column.names[column.code[p]] for p in ids(told)} == set(some)


def test_without_words_and_ranker_the_nearest_answer(client, engine, asked):
    drilled(client, failing("words", "rank"))
    for text in asked.text[:3]:
        told = search(client, text)
        (query,) = engine.read([text])
        near = engine.by_meaning([query])[0]
        best = arranged(query, near, engine.catalogue.documents, PageRules())
        assert (told["source"], ids(told)) == ("meaning", list(best[:20]))


def test_a_price_that_was_typed_counts_though_nothing_else_is_understood(client):
    drilled(client, failing("understand"))
    told = search(client, "jeans under $20")["understood"]
    assert told["words"] == ["jean"], "as a stem"
    assert told["attributes"] == [{"field": "price_max", "value": "20"}]


class Broken:
    """Whatever it is asked, it breaks."""

    def __getattr__(self, name):
        raise FloatingPointError(name)


@pytest.mark.parametrize("part", ["analyser", "gazetteer", "speller"])
def test_an_understanding_that_breaks_costs_no_page(client, asked, part):
    live = client.searches.live
    reads = replace(live.state.engine.understanding, **{part: Broken()})
    live.state = replace(
        live.state, engine=replace(live.state.engine, understanding=reads)
    )
    for stages in ([], ["words", "meaning"]):
        drilled(client, failing(*stages))
        told = search(client, asked.text[0])
        assert told["fallback"]
        assert told["products"]


def words_ms(client, text):
    """Milliseconds that are booked to the words."""
    timing = post(client, PATH, {"query": text}).headers["server-timing"]
    laps = dict(part.split(";dur=") for part in timing.split(", "))
    return float(laps.get("words", 0))


def test_what_is_waited_for_in_vain_is_booked(bundle, asked):
    slow = {"slow_stage": "words", "slow_ms": 1_000, "deadline_ms": 500}
    with started(bundle, **slow) as client:
        without_trials(client, "words")
        late, *_, down = [words_ms(client, text) for text in asked.text[:5]]
    assert late > 200
    assert down == 0


def test_a_query_without_a_named_category_gets_one_guessed(client, engine, asked):
    documents = engine.catalogue.documents
    column = documents.fields["category"]
    drilled(client, failing("words", "meaning"))
    row = 11
    title = engine.catalogue.titles[row]
    told = search(client, title, places=50)
    codes = column.code[ids(told)]
    assert len(set(codes.tolist())) == 1
    assert (codes == column.code[row]).all()


def test_a_corrupted_bundle_does_not_start(bundle, tmp_path, monkeypatch, capsys):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    (copy / "vector.npy").write_bytes(b"short")
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert main(SearchConfig, serve_search, ["--bundle", str(copy)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("refusing to start: ")
    assert "vector.npy is damaged" in told.err


def test_changes_during_searches_leave_no_search_between_two_states(client, asked):
    stop, told = threading.Event(), []

    def searching():
        while not stop.is_set():
            told.append(search(client, asked.text[len(told) % 50], places=50))

    threads = [threading.Thread(target=searching) for _ in range(2)]
    for thread in threads:
        thread.start()
    product = {
        "title": "Sofa", "description": "A sofa.", "brand": "New", "category": "sofa",
        "price": 1, "margin": 0,
    }  # fmt: skip
    for _ in range(6):
        assert post(client, "/v1/products", {"products": [product] * 3}).is_success
    stop.set()
    for thread in threads:
        thread.join()
    assert len(told) > 10
    assert {(t["source"], t["fallback"]) for t in told} == {("ranked", None)}
