"""Pages over HTTP: the right ones, in time, and never none."""

import json
import shutil

import faiss
import httpx
import pytest
from starlette.testclient import TestClient

from sevensteps.cases.video.recommender.online import Asking, Recommender
from sevensteps.cases.video.service import (
    PATH,
    PagesConfig,
    page_requests,
    running_pages,
    service_of,
)
from sevensteps.serve.app import App
from sevensteps.serve.load import load

from .conftest import KEY

HEAD = {"X-API-Key": KEY}
MANY = [*range(21)]


@pytest.fixture
def client(bundle):
    with started(bundle) as made:
        yield made


def started(bundle, **options):
    config = PagesConfig(bundle=bundle, api_key=KEY, **options)
    return TestClient(App(service_of(config), config))


def slow(bundle, stage, ms, deadline_ms=60.0):
    return started(bundle, deadline_ms=deadline_ms, slow_stage=stage, slow_ms=ms)


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
    expected = Recommender(morning).page(Asking(users[0]))
    assert told["video_ids"] == expected
    stages = reply.headers["server-timing"]
    for stage in ("features", "tower", "search", "inputs", "rank", "compose", "total"):
        assert f"{stage};dur=" in stages


def test_each_thread_takes_one_core(client):
    told = []
    client.app.desk.pipeline.hook = lambda stage: told.append(
        faiss.omp_get_max_threads()
    )
    ask(client, user_id=1)
    assert set(told) == {1}


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
    assert why[-1] == "search_down"
    assert ready["status"] == "degraded"


def test_a_ranker_that_breaks_is_no_error_to_the_caller(bundle, users):
    def broken(stage):
        if stage == "rank":
            raise FloatingPointError("a weight is NaN")

    with started(bundle) as client:
        client.app.desk.pipeline.hook = broken
        told = ask(client, user_id=users[0]).json()
    assert (told["source"], told["fallback"]) == (
        "retrieval",
        "rank_FloatingPointError",
    )


def test_metrics_say_what_was_answered(client, users):
    for user in (users[0], users[0], users[1]):
        ask(client, user_id=user)
    text = client.get("/metrics").text
    assert 'sevensteps_page_answers_total{fallback="none",source="model"} 3.0' in text
    assert "sevensteps_page_vector_hits 1.0" in text
    assert 'stage="rank"' in text


def test_a_process_of_its_own_under_load(bundle, morning):
    with running_pages(bundle, deadline_ms=5_000) as service:
        bodies = page_requests(morning.known, 200)
        report = load(
            service.url, bodies, 40, 2, api_key=service.api_key, path=PATH, seed=1
        )
        ready = httpx.get(f"{service.url}/ready", trust_env=False).json()
    assert report.errors == {}
    assert report.by_fallback <= 3
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
    [{"deadline_ms": 0}, {"port": 70_000}, {"remembers": -1}],
)
def test_wrong_settings_are_refused(bundle, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PagesConfig(bundle=bundle, api_key=KEY, **wrong)
