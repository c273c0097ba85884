"""Searches over HTTP: the right products, how they were found, and what is refused."""

import json
import time
from dataclasses import replace

import faiss
import numpy as np
import pytest

from sevensteps.cases.search.engine.engine import PageRules, arranged
from sevensteps.cases.search.service import (
    PATH,
    SearchConfig,
    export_search,
    search_requests,
)

from .conftest import KEY, ids, post, search, started


def expected(engine, text, rules=None):
    """A page by the engine itself, without any service."""
    (query,) = engine.read([text])
    found = engine.lists([text], 2 * engine.pool)[0]
    return arranged(query, found, engine.catalogue.documents, rules or PageRules())


def test_served_pages_are_the_engine_s_own(calm, engine, asked):
    rows = np.unique(np.linspace(0, len(asked.text) - 1, 40).astype(int))
    assert len(rows) == 40
    for row in rows:
        told = search(calm, asked.text[row], places=20)
        assert (told["source"], told["fallback"]) == ("ranked", None)
        assert ids(told) == expected(engine, asked.text[row])[:20]


def test_all_pages_together_are_the_whole_list(calm, engine, asked):
    text = asked.text[0]
    pages = [ids(search(calm, text, places=50, page=n)) for n in range(1, 5)]
    assert [p for page in pages for p in page] == expected(engine, text)


def test_a_page_behind_the_last_says_so(calm, asked):
    told = search(calm, asked.text[0], places=50, page=50)
    assert told["products"] == []
    assert f"only {told['found']} results" in told["why"]


def test_a_product_has_its_title_price_and_stock(calm, engine):
    product = search(calm, engine.catalogue.titles[7], places=50)["products"][0]
    number, documents = product["product_id"], engine.catalogue.documents
    assert product["title"] == engine.catalogue.titles[number]
    assert product["price"] == round(float(documents.numbers["price"][number]), 2)
    assert product["in_stock"] is bool(documents.numbers["in_stock"][number])


def test_how_it_was_understood_is_told(calm, engine):
    understanding = engine.understanding
    phrase = next(p for p in understanding.synonyms.others if " " not in p)
    told = search(calm, f"{phrase} under $50")["understood"]
    others = [other for other, _ in understanding.synonyms.others[phrase]]
    assert told["synonyms"] == {phrase: others}
    assert {"field": "price_max", "value": "50"} in told["attributes"]
    long = max(understanding.speller.symspell.words, key=len)
    wrong = long[:3] + long[4:]
    told = search(calm, wrong)["understood"]
    assert told["corrected"] == [{"from": wrong, "to": long}]


def test_each_thread_takes_one_core(calm):
    told = []
    pipeline = calm.app.desk.pipeline
    pipeline.hook = lambda stage: told.append(faiss.omp_get_max_threads())
    search(calm, "one core")
    pipeline.hook = None
    assert set(told) == {1}


def test_a_query_that_no_product_answers_in_full_is_marked(calm, engine):
    said = engine.catalogue.titles[3]
    assert search(calm, said)["relaxed"] is None
    told = search(calm, f"{said} 8127634")
    assert told["relaxed"] == "fewer_words"
    assert told["products"]
    told = search(calm, "8127634 5550123")
    assert told["relaxed"] == "by_meaning"
    assert told["products"]


def test_filters_hold_and_reach_deeper_than_the_pool(calm, engine, asked):
    documents, text = engine.catalogue.documents, asked.text[0]
    brand = documents.fields["brand"]
    rare = brand.names[np.bincount(brand.code).argmin()]
    told = search(calm, text, filters={"brand": [rare]}, places=50)
    assert told["products"]
    assert {brand.names[brand.code[p]] for p in ids(told)} == {rare}
    told = search(calm, text, filters={"price_max": 30, "in_stock": True}, places=50)
    assert len(told["products"]) == 50
    assert all(p["price"] <= 30 and p["in_stock"] for p in told["products"])


def test_filters_that_nothing_found_passes_show_the_nearest_that_does(calm, engine):
    documents = engine.catalogue.documents
    price = np.where(documents.numbers["in_stock"] > 0, documents.numbers["price"], 0)
    bound = float(np.sort(price)[-3])
    told = search(calm, "8127634", filters={"price_min": bound, "in_stock": True})
    assert (len(told["products"]), told["relaxed"]) == (3, "by_meaning")
    told = search(calm, "8127634", filters={"price_min": 1e6})
    assert told["products"] == []
    assert "no product passes the filters" in told["why"]


@pytest.mark.parametrize(
    ("body", "status", "error", "field"),
    [
        (b'{"query": "\xff"}', 400, "invalid_json", ""),
        ('{"query": "\\ud800"}', 400, "invalid_json", ""),
        ('{"query": "sofa", "k": 3}', 422, "invalid_request", "k"),
        ('{"query": "sofa", "places": 0}', 422, "invalid_request", "places"),
        ('{"query": "sofa", "places": 51}', 422, "invalid_request", "places"),
        ('{"query": "sofa", "page": 51}', 422, "invalid_request", "page"),
        (json.dumps({"query": "s" * 201}), 422, "invalid_request", "query"),
        ('{"query": ""}', 422, "empty_query", "query"),
        ('{"query": " \\t "}', 422, "empty_query", "query"),
        ('{"query": "?! \\ud83d\\udecb"}', 422, "empty_query", "query"),
        ('{"query": "so\\u0000fa"}', 422, "odd_characters", "query"),
        ('{"query": "sofa\\t\\ue000"}', 422, "odd_characters", "query"),
        ('{"query": "x", "filters": {"moon": []}}', 422, "invalid_request", "filters"),
        ('{"query": "x", "filters": {"price_min": -1}}', 422, "invalid_request", "f"),
        ('{"query": "x", "filters": {"price_min": NaN}}', 422, "invalid_request", "f"),
        ('{"query": "x", "filters": {"brand": ["?"]}}', 422, "unknown_value", "f"),
    ],
)
def test_what_is_no_request_is_told_by_field(calm, body, status, error, field):
    reply = post(calm, PATH, body)
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["reasons"][0]["field"].startswith(field)
    if error == "odd_characters":
        assert reply.json()["reasons"][0]["reason"].endswith((r"'\x00'", r"'\ue000'"))


@pytest.mark.parametrize(
    "query", ["SOFÁ", "ｓｏｆａ", "沙发", "диван", "sofa\n\tbed", "👍 sofa", "é" * 199]
)
def test_other_scripts_and_shouting_are_answered(calm, query):
    told = search(calm, query)
    assert told["fallback"] is None
    assert told["products"]


def test_the_head_is_remembered_as_it_was_understood(client, engine):
    phrase = next(iter(engine.understanding.synonyms.others))
    first, same = (search(client, t) for t in (phrase, f"  The {phrase.upper()}s"))
    assert (first["cached"], same["cached"]) == (False, True)
    assert ids(first) == ids(same)
    assert search(client, phrase, page=2)["cached"]
    assert not search(client, phrase, filters={"in_stock": True})["cached"]
    text = client.get("/metrics").text
    assert "sevensteps_search_cache_hits 2.0" in text
    assert "sevensteps_search_cache_misses " in text


def test_what_is_old_or_not_to_be_kept_is_made_again(bundle, asked):
    with started(bundle, remembers=0, deadline_ms=5_000) as client:
        assert not any(search(client, asked.text[0])["cached"] for _ in range(2))
    with started(bundle, deadline_ms=5_000) as client:
        cached = [search(client, asked.text[0])["cached"] for _ in range(2)]
        client.searches.lists.clock = lambda: time.monotonic() + 61.0
        cached.append(search(client, asked.text[0])["cached"])
    assert cached == [False, True, False]


NEW = {
    "title": "Zorblax Quillon Hammock Turquoise",
    "description": "A hammock for two by Zorblax, woven by hand.",
    "brand": "Zorblax",
    "category": "hammock",
    "price": 49.5,
    "margin": 0.4,
}


def test_a_new_product_is_found_as_soon_as_that_is_answered(client, engine):
    n = len(engine.catalogue.documents)
    assert search(client, "zorblax quillon hammock")["relaxed"] is not None
    reply = post(client, "/v1/products", {"products": [NEW, NEW | {"price": 5}]}).json()
    assert reply["product_ids"] == [n, n + 1]
    assert 0 < reply["found_after_ms"] < 5_000
    told = search(client, "zorblax quillon hammock")
    assert (told["relaxed"], told["cached"]) == (None, False)
    assert {n, n + 1} <= set(ids(told)[:3])
    assert ids(search(client, "x", filters={"brand": ["Zorblax"]})) == [n, n + 1]
    text = client.get("/metrics").text
    assert f"sevensteps_search_products {n + 2}.0" in text
    assert "sevensteps_search_index_lag_seconds 0.0\n" not in text
    post(client, "/v1/products", {"products": [NEW]})
    assert client.get("/ready").json()["products"] == n + 3


def test_ready_and_metrics_tell_what_is_served(client, asked):
    for text in (asked.text[0], asked.text[0], "8127634 5550123"):
        search(client, text)
    post(client, PATH, "{")
    ready, text = client.get("/ready").json(), client.get("/metrics").text
    assert (ready["status"], ready["problems"]) == ("ready", [])
    for line in (
        'answers_total{fallback="none",relaxed="none",source="ranked"} 1.0',
        'answers_total{fallback="none",relaxed="by_meaning",source="ranked"} 1.0',
        "sevensteps_search_recalled_total 1.0",
        'sevensteps_search_rejected_total{error="invalid_json",status="400"}',
        'sevensteps_search_stage_seconds_count{stage="rank"} 2.0',
        'sevensteps_search_stage_seconds_count{stage="total"} 2.0',
        "sevensteps_search_rank_open 0.0",
        "sevensteps_search_index_age_seconds ",
    ):
        assert line in text


@pytest.mark.parametrize("off", ["keyword", "dense", "ranker"])
def test_an_engine_with_less_is_served_without_a_fallback(engine, asked, tmp_path, off):
    parts = {off: None} if off == "ranker" else {off: None, "ranker": None}
    less = replace(engine, **parts)
    made = export_search(less, tmp_path / "less")
    dear = float(np.sort(engine.catalogue.documents.numbers["price"])[-2])
    with started(made, deadline_ms=5_000) as client:
        told = search(client, asked.text[1])
        few = search(client, asked.text[1], filters={"price_min": dear})
    if off == "keyword":  # too few for the nearest of all to be among them
        assert (len(few["products"]), few["relaxed"]) == (2, "by_meaning")
    assert (told["source"], told["fallback"]) == ("retrieved", None)
    assert ids(told) == expected(less, asked.text[1])[:20]


def test_requests_are_as_frequent_as_in_the_log(asked):
    bodies = search_requests(asked, 4_000, seed=1)
    found = [json.loads(body)["query"] for body in bodies]
    share = asked.times[0] / asked.times.sum()
    assert found.count(asked.text[0]) / 4_000 == pytest.approx(share, rel=0.25)
    assert bodies == search_requests(asked, 4_000, seed=1)
    assert bodies != search_requests(asked, 4_000)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"remembers": -1}, "remembers"),
        ({"host": "0.0.0.0"}, "loopback"),
        ({"api_key": "short"}, "16 characters"),
    ],
)
def test_wrong_settings_are_refused(bundle, wrong, said):
    with pytest.raises(ValueError, match=said):
        SearchConfig(**{"bundle": bundle, "api_key": KEY} | wrong)
