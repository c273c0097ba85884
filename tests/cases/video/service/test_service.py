"""Pages over HTTP: the right ones, in time, and never none."""

import json
import shutil
import threading

import faiss
import httpx
import pytest
from fastapi.testclient import TestClient

from sevensteps.cases.video.recommender.online import Asking, Job, Recommender
from sevensteps.cases.video.service import (
    PATH,
    SlatesConfig,
    page_requests,
    running_pages,
)
from sevensteps.cases.video.service.app import create_app
from sevensteps.serve.load import load

from .conftest import KEY

HEAD = {"X-API-Key": KEY}
MANY = [*range(21)]


@pytest.fixture
def client(bundle):
    with TestClient(create_app(SlatesConfig(bundle, KEY))) as made:
        yield made


def slow(bundle, stage, ms, deadline_ms=60.0):
    config = SlatesConfig(
        bundle, KEY, deadline_ms=deadline_ms, slow_stage=stage, slow_ms=ms
    )
    return TestClient(create_app(config))


def post(client, **body):
    return client.post(PATH, headers=HEAD, content=json.dumps(body))


def ask(client, **body):
    client.headers["Content-Type"] = "application/json"
    return post(client, **body)


def test_a_page_is_the_recommender_s_own(client, morning, users):
    reply = ask(client, user_id=users[0])
    told = reply.json()
    assert reply.status_code == 200
    assert told["source"] == "model"
    assert told["fallback"] is None
    expected = Recommender(morning).page(Job(Asking(users[0])))
    assert told["video_ids"] == expected
    stages = reply.headers["server-timing"]
    for stage in ("features", "tower", "search", "inputs", "rank", "compose", "total"):
        assert f"{stage};dur=" in stages


def test_each_thread_takes_one_core(client):
    pool = client.app.state.pages._pool
    assert pool.submit(faiss.omp_get_max_threads).result() == 1


def test_strangers_are_welcome(client):
    for body in (
        {"user_id": -1},
        {"user_id": 2**30, "country": "BR", "language": "pt"},
    ):
        told = ask(client, **body).json()
        assert len(told["video_ids"]) == 10
        assert told["source"] == "model"


def test_what_was_just_clicked_counts(client, users):
    before = ask(client, user_id=users[1]).json()["video_ids"]
    after = ask(client, user_id=users[1], recent=before[:4]).json()["video_ids"]
    assert not set(before[:4]) & set(after)


@pytest.mark.parametrize(
    ("body", "status", "error", "field"),
    [
        ("{", 400, "invalid_json", ""),
        ("[]", 422, "invalid_request", ""),
        ("{}", 422, "invalid_request", "user_id"),
        ('{"user_id": "7"}', 422, "invalid_request", "user_id"),
        ('{"user_id": -2}', 422, "invalid_request", "user_id"),
        ('{"user_id": 1, "n": 3}', 422, "invalid_request", "n"),
        ('{"user_id": 1, "country": "FR"}', 422, "invalid_request", "country"),
        ('{"user_id": 1, "recent": [-1]}', 422, "invalid_request", "recent.0"),
        ('{"user_id": 1, "recent": [99999999]}', 422, "unknown_video", "recent"),
        (
            f'{{"user_id": 1, "recent": {[*range(21)]}}}',
            422,
            "invalid_request",
            "recent",
        ),
    ],
)
def test_what_is_no_request_is_told_by_field(client, body, status, error, field):
    head = HEAD | {"Content-Type": "application/json"}
    reply = client.post(PATH, headers=head, content=body)
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["reasons"][0]["field"] == field


def test_the_key_the_type_and_the_size_are_checked(client):
    head = {"Content-Type": "application/json"}
    assert client.post(PATH, headers=head, content="{}").status_code == 401
    assert (
        client.post(PATH, headers=HEAD | {"Content-Type": "text/x"}).status_code == 415
    )
    big = client.post(PATH, headers=HEAD | head, content=b" " * 5_000)
    assert big.status_code == 413
    assert client.get("/nothing").json()["error"] == "http"


def test_a_slow_ranker_leaves_the_order_of_the_search(bundle, users):
    with slow(bundle, "rank", 500) as client:
        told = ask(client, user_id=users[0]).json()
    assert (told["source"], told["fallback"]) == ("retrieval", "rank_late")
    assert len(told["video_ids"]) == 10
    assert told["elapsed_ms"] < 150


def test_a_slow_search_leaves_the_country_s_list(bundle, users, morning):
    with slow(bundle, "search", 500) as client:
        told = ask(client, user_id=users[0]).json()
    assert (told["source"], told["fallback"]) == ("country", "search_late")
    country = morning.viewers.country[users[0]]
    listed = morning.countries[country].tolist()
    assert set(told["video_ids"]) <= set(listed)


def test_a_stage_that_stays_slow_opens_the_circuit(bundle, users):
    with slow(bundle, "search", 80) as client:
        why = [ask(client, user_id=u).json()["fallback"] for u in users[:12]]
        ready = client.get("/ready").json()
    assert why[0] == "search_late"
    assert "down" in why
    assert set(why) <= {"search_late", "overload", "down"}
    assert ready["status"] == "degraded"


def test_a_ranker_that_breaks_is_no_error_to_the_caller(bundle, users):
    app = create_app(SlatesConfig(bundle, KEY))

    def broken(stage):
        if stage == "rank":
            raise FloatingPointError("a weight is NaN")

    app.state.pages.recommender.hook = broken
    with TestClient(app) as client:
        told = ask(client, user_id=users[0]).json()
    assert (told["source"], told["fallback"]) == (
        "retrieval",
        "rank_FloatingPointError",
    )


def test_too_many_at_once_are_answered_by_the_list(bundle, users):
    config = SlatesConfig(
        bundle, KEY, max_in_flight=1, slow_stage="rank", slow_ms=100, deadline_ms=2_000
    )
    with TestClient(create_app(config)) as client:
        found = []
        threads = [
            threading.Thread(
                target=lambda u=u: found.append(ask(client, user_id=u).json())
            )
            for u in users[:5]
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(len(told["video_ids"]) == 10 for told in found)
    assert {told["fallback"] for told in found} == {None, "overload"}


def test_metrics_say_what_was_answered(client, users):
    for user in (users[0], users[0], users[1]):
        ask(client, user_id=user)
    text = client.get("/metrics").text
    assert 'sevensteps_pages_total{fallback="none",source="model"} 3.0' in text
    assert "sevensteps_page_vector_hits 1.0" in text
    assert 'stage="rank"' in text


def test_a_process_of_its_own_under_load(bundle, morning):
    with running_pages(bundle, deadline_ms=500) as service:
        bodies = page_requests(morning.known, 200)
        report = load(
            service.url, bodies, 40, 2, api_key=service.api_key, path=PATH, seed=1
        )
        ready = httpx.get(f"{service.url}/ready", trust_env=False).json()
    assert report.errors == {}
    assert report.by_rules <= 3
    assert {"search", "inputs", "rank"} <= set(report.ledger.index)
    assert ready["status"] == "ready"


def test_a_damaged_bundle_does_not_start(bundle, tmp_path):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    (copy / "lists.vector.npy").write_bytes(b"short")
    with (
        pytest.raises(RuntimeError, match="is damaged"),
        running_pages(copy),
    ):
        pass


@pytest.mark.parametrize(
    "wrong",
    [{"deadline_ms": 0}, {"port": 70_000}, {"remembers": -1}, {"max_in_flight": 0}],
)
def test_wrong_settings_are_refused(bundle, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SlatesConfig(bundle, KEY, **wrong)
