"""Drills: whatever is late, broken or gone, a page comes in time and says so."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.engine.engine import PageRules, arranged
from sevensteps.cases.search.service import PATH, export_search
from sevensteps.cases.search.service.stages import MEANINGS

from .conftest import ids, post, search, started


def by_keywords(engine, text):
    """BM25's own order, after the rules of the page."""
    queries = engine.read([text])
    found = engine.by_words(queries)[0]
    return arranged(queries[0], found, engine.catalogue.documents, PageRules())


def by_ranker(source):
    """What one source finds, in the ranker's order: the other found nothing."""

    def page(engine, text):
        (query,) = engine.read([text])
        own = {"keyword": engine.by_words, "dense": engine.by_meaning}[source]
        other = {"keyword": "dense", "dense": "keyword"}[source]
        found = own([query])
        lists = {source: found, other: np.full_like(found, -1)}
        ordered = engine.ordered([query], engine.joined(lists))[0]
        return arranged(query, ordered, engine.catalogue.documents, PageRules())

    return page


def as_typed(engine, text):
    """The whole way for the words that were typed."""
    blunt = replace(engine, understanding=engine.understanding.without(*MEANINGS))
    (query,) = blunt.read([text])
    found = blunt.lists([text], 200)[0]
    return arranged(query, found, engine.catalogue.documents, PageRules())


#: Who answers without a stage, and what.
INSTEAD = {
    "rank": ("keywords", by_keywords),
    "meaning": ("ranked", by_ranker("keyword")),
    "words": ("ranked", by_ranker("dense")),
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


def test_without_both_indexes_bestsellers_of_the_category_answer(client, engine):
    documents = engine.catalogue.documents
    category, sold = documents.fields["category"], documents.numbers["sold"]
    code = int(np.bincount(category.code[category.code >= 0]).argmax())
    name = category.names[code]
    drilled(client, failing("words", "meaning"))
    told, why = search(client, name, places=50), "words_FloatingPointError"
    assert (told["source"], told["fallback"]) == ("bestsellers", why)
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
def test_whatever_is_missing_narrow_filters_hold(client, engine, asked, stages):
    documents = engine.catalogue.documents
    rare = documents.fields["brand"]
    code = int(np.bincount(rare.code[rare.code >= 0]).argmin())
    cheap = float(np.quantile(documents.numbers["price"][rare.code == code], 0.8))
    drilled(client, failing(*stages))
    narrow = {"brand": [rare.names[code]], "price_max": cheap}
    for text in asked.text[:2]:
        told = search(client, text, filters=narrow)
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


def test_without_vectors_and_ranker_the_keywords_order_answers(client, asked):
    drilled(client, failing("meaning", "rank"))
    told = search(client, asked.text[0])
    why = "meaning_FloatingPointError"
    assert (told["source"], told["fallback"]) == ("keywords", why)
    told = search(client, "8127634 5550123")  # which no product has
    assert (told["source"], len(told["products"])) == ("bestsellers", 20)
    assert told["fallback"] == why


def test_an_engine_of_vectors_alone_answers_with_bestsellers(engine, tmp_path, asked):
    alone = replace(engine, keyword=None, ranker=None)
    with started(export_search(alone, tmp_path / "v"), deadline_ms=5_000) as client:
        drilled(client, failing("meaning"))
        told = search(client, asked.text[0])
    assert told["source"] == "bestsellers"
    assert told["fallback"] == "meaning_FloatingPointError"


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
    live, engine = client.searches.live, client.searches.live.state.engine
    reads = replace(engine.understanding, **{part: Broken()})
    live.state = replace(live.state, engine=replace(engine, understanding=reads))
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
    told = search(client, engine.catalogue.titles[11], places=50)
    assert {column.code[p] for p in ids(told)} == {column.code[11]}


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
