"""When the vectors are late, the ranker orders what the words found."""

from dataclasses import replace

import httpx

from sevensteps.cases.search.service import (
    PATH,
    export_search,
    running_search,
    search_requests,
)
from sevensteps.serve.load import load

from .conftest import HEAD, ids, search, started
from .test_faults import by_ranker, drilled, failing


def test_it_is_another_page_than_with_vectors(calm, engine, asked):
    pages = [
        (ids(search(calm, text)), by_ranker(engine, text)) for text in asked.text[:9]
    ]
    assert any(usual != words[:20] for usual, words in pages)


def test_if_ranking_breaks_too_the_keywords_order_answers(bundle, asked):
    with started(bundle, deadline_ms=5_000) as client:
        drilled(client, failing("meaning", "rank"))
        told = search(client, asked.text[0])
    assert (told["source"], told["fallback"]) == (
        "keywords",
        "meaning_FloatingPointError",
    )


def test_if_the_words_found_nothing_bestsellers_answer(bundle):
    with started(bundle, deadline_ms=5_000) as client:
        drilled(client, failing("meaning"))
        told = search(client, "8127634 5550123")
    assert (told["source"], len(told["products"])) == ("bestsellers", 20)
    assert told["fallback"] == "meaning_FloatingPointError"


def test_vectors_that_hang_leave_time_for_ranking(bundle, engine, asked):
    hangs = {"slow_stage": "meaning", "slow_ms": 2_400, "deadline_ms": 800}
    with running_search(bundle, **hangs) as service:
        head = HEAD | {"X-API-Key": service.api_key}
        with httpx.Client(base_url=service.url, headers=head, trust_env=False) as door:
            replies = [door.post(PATH, json={"query": q}) for q in asked.text[:8]]
        told = {"api_key": service.api_key, "path": PATH, "seed": 1}
        report = load(service.url, search_requests(asked, 100), 10, 3, **told)
    pages = [reply.json() for reply in replies]
    assert {page["source"] for page in pages} == {"ranked"}
    assert {page["fallback"] for page in pages} == {"meaning_late", "meaning_down"}
    assert max(page["elapsed_ms"] for page in pages) < 800
    assert ids(pages[0]) == by_ranker(engine, asked.text[0])[:20]
    assert report.errors == {}
    assert report.by_fallback == len(report.latency_ms)  # each counts as a fallback


def test_an_engine_of_vectors_alone_answers_with_bestsellers(engine, tmp_path, asked):
    made = export_search(
        replace(engine, keyword=None, ranker=None), tmp_path / "vectors"
    )
    with started(made, deadline_ms=5_000) as client:
        drilled(client, failing("meaning"))
        told = [search(client, text) for text in asked.text[:5]]
        assert client.app.desk.problems() == ["meaning: circuit open"]
    assert {t["source"] for t in told} == {"bestsellers"}
    reasons = {"meaning_FloatingPointError", "meaning_down"}
    assert {t["fallback"] for t in told} == reasons
