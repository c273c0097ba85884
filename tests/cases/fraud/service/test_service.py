"""The HTTP service when all is well, and its refusals."""

import gc
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sevensteps.cases.fraud.features import FEATURES, offline
from sevensteps.cases.fraud.service import (
    DecisionsConfig,
    ModelServer,
    read_log,
    refresh_merchants,
    serve_decisions,
)

from .conftest import DAYS, KEY, serving


def changed(body: bytes, **fields) -> bytes:
    return json.dumps(json.loads(body) | fields).encode()


def test_a_payment_gets_a_decision_by_the_model(service, bodies, model):
    reply = service.post(bodies[0], **{"X-Request-ID": "order-17"})
    answer = reply.json()
    assert reply.status_code == 200
    assert answer["source"] == "model"
    assert answer["fallback"] is None
    assert answer["action"] in ("allow", "step_up", "review", "block")
    assert 0 <= answer["score"] <= 1
    assert answer["model"] == ModelServer(model).manifest.version
    assert answer["request_id"] == reply.headers["x-request-id"] == "order-17"
    stages = [part.split(";")[0] for part in reply.headers["server-timing"].split(", ")]
    assert set(stages) == {
        *("parse", "wait", "fetch", "holder", "features", "score", "act"),
        *("write", "total"),
    }


def test_online_features_equal_offline_features_row_by_row(
    service, batch, bodies, later, world
):
    """Three days of payments over HTTP, with the nightly job at each midnight."""
    keep = np.arange(later.payments.num_rows) >= later.payments.num_rows - len(bodies)
    wanted = offline(later, keep=keep)
    day = batch["paid_at"].to_numpy() // 86_400
    for now in range(DAYS, DAYS + 3):
        if now > DAYS:
            refresh_merchants(service.decider.store, world.history(days=now))
        for at in np.flatnonzero(day == now):
            assert service.post(bodies[at]).json()["source"] == "model"
    logged = {line["payment_id"]: line for line in read_log(service.decider.config.log)}
    found = [logged[i]["features"] for i in wanted["payment_id"].to_pylist()]
    expected = np.column_stack([wanted[name].to_numpy() for name in FEATURES])
    np.testing.assert_array_equal(np.array(found, np.float32), expected)


def test_served_scores_equal_the_models(service, bodies, model):
    service.post(bodies[0])
    (line,) = read_log(service.decider.config.log)
    rows = np.array([line["features"]], np.float32)
    assert line["score"] == pytest.approx(ModelServer(model).score(rows)[0], abs=1e-6)


def test_a_retried_payment_gets_the_same_decision_and_counts_once(service, bodies):
    first, again = service.post(bodies[0]).json(), service.post(bodies[0]).json()
    same = ("action", "score", "payment_id", "source")
    assert [first[k] for k in same] == [again[k] for k in same]
    assert (first["replayed"], again["replayed"]) == (False, True)
    card = json.loads(bodies[0])["card_id"]
    then = json.loads(bodies[0])["paid_at"] + 5
    service.post(changed(bodies[0], payment_id=1, paid_at=then))
    last = list(read_log(service.decider.config.log))[-1]
    assert last["payment"]["card_id"] == card
    assert last["features"][FEATURES.index("card_n_1h")] >= 1
    before = next(read_log(service.decider.config.log))["features"]
    n = FEATURES.index("card_n_30d")
    assert last["features"][n] - before[n] == 1


def test_the_same_payment_sent_at_once_is_decided_once(service, bodies):
    score, scored = service.decider.model.score, []

    def slow(rows):
        scored.append(len(rows))
        time.sleep(0.3)
        return score(rows)

    service.decider.model.score = slow
    with ThreadPoolExecutor(8) as pool:
        replies = [r.json() for r in pool.map(service.post, [bodies[0]] * 8)]
    assert len({(r["action"], r["score"]) for r in replies}) == 1
    assert sum(not r["replayed"] for r in replies) == 1
    assert len(scored) == len(list(read_log(service.decider.config.log))) == 1


def test_a_used_id_for_another_payment_is_a_conflict(service, bodies):
    service.post(bodies[0])
    reply = service.post(changed(bodies[0], amount=1.23))
    assert reply.status_code == 409
    assert reply.json()["reasons"][0]["field"] == "payment_id"


def test_decisions_survive_a_restart(model, store, tmp_path, bodies):
    log = tmp_path / "log.jsonl"
    with serving(model, store, log, deadline_ms=20_000) as first:
        before = first.post(bodies[0]).json()
    with log.open("ab") as file:
        file.write(b'{"payment_id": 12, "torn')  # as a crash may leave it
    with serving(model, store, log, deadline_ms=20_000) as second:
        after = second.post(bodies[0]).json()
        second.post(bodies[1])
    assert after["replayed"]
    assert after["action"] == before["action"]
    assert len(list(read_log(log))) == 2


def test_a_redis_store_serves_the_same_scores(
    service, past, redis_server, model, bodies, tmp_path
):
    from sevensteps.cases.fraud.service import build_store

    build_store(past, redis_server.url)
    log = tmp_path / "redis.jsonl"
    with serving(model, redis_server.url, log, deadline_ms=20_000) as other:
        for body in bodies[:60]:
            ours, theirs = service.post(body).json(), other.post(body).json()
            assert ours["source"] == theirs["source"] == "model"
            assert ours["score"] == theirs["score"]


@pytest.mark.parametrize(
    "key", ["", "wrong", "ключ".encode(), "a-key-that-only-tests-knoW"]
)
def test_a_wrong_key_is_refused(service, bodies, key):
    reply = service.post(bodies[0], **{"X-API-Key": key})
    assert reply.status_code == 401
    assert reply.json()["reasons"][0]["field"] == "X-API-Key"
    assert not list(read_log(service.decider.config.log))


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"amount": "12.5"}, "amount", "valid number"),
        ({"amount": -1}, "amount", "greater than 0"),
        ({"amount": None}, "amount", "valid number"),
        ({"amount": True}, "amount", "valid number"),
        ({"amount": 1e9}, "amount", "less than or equal"),
        ({"payment_id": 1.5}, "payment_id", "valid integer"),
        ({"payment_id": 2**63}, "payment_id", ""),
        ({"card_id": -1}, "card_id", "greater than or equal to 0"),
        ({"card_id": 10**8}, "card_id", "no such card"),
        ({"channel": "carrier pigeon"}, "channel", "'chip', 'contactless' or 'online'"),
        ({"ip_risk": 1.5}, "ip_risk", "less than or equal to 1"),
        ({"ip_risc": 0.5}, "ip_risc", "not permitted"),
        ({"paid_at": 0}, "paid_at", "clock"),
        ({"paid_at": 2**31 - 1}, "paid_at", "clock"),
        ({"device_id": "phone"}, "device_id", "valid integer"),
        ({"country": ""}, "country", "at least 1 character"),
    ],
)
def test_a_wrong_field_is_named_with_the_reason(service, bodies, change, field, reason):
    reply = service.post(changed(bodies[0], **change))
    assert reply.status_code == 422
    told = reply.json()["reasons"][0]
    assert told["field"] == field
    assert reason in told["reason"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 4000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"amount": NaN}', 422),
        (b"x" * 4097, 413),
    ],
)
def test_what_is_no_payment_is_refused(service, body, status):
    reply = service.post(body)
    assert reply.status_code == status
    assert reply.json()["reasons"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["amount", "ip_risk"])
def test_numbers_that_are_none_are_refused(service, bodies, field, number):
    body = changed(bodies[0], **{field: 0.123}).replace(b"0.123", number.encode())
    reply = service.post(body)
    assert reply.status_code == 422
    assert reply.json()["reasons"][0]["field"] == field


def test_other_paths_methods_and_types_are_refused_with_a_reason(service, bodies):
    assert service.client.get("/v1/decisions").status_code == 405
    assert service.client.get("/nowhere").json()["reasons"][0]["reason"] == "Not Found"
    reply = service.post(bodies[0], **{"Content-Type": "text/plain"})
    assert reply.status_code == 415


def test_an_endless_body_is_cut_off(service):
    def chunks():
        for _ in range(100):
            yield b" " * 1_000

    reply = service.client.post("/v1/decisions", content=chunks())
    assert reply.status_code == 413


def test_an_unknown_merchant_is_scored_as_a_new_one(service, bodies):
    answer = service.post(changed(bodies[0], merchant_id=10**6)).json()
    assert answer["source"] == "model"
    (line,) = read_log(service.decider.config.log)
    assert line["features"][FEATURES.index("category")] is None
    assert line["features"][FEATURES.index("merchant_n_7d")] == 0


def test_metrics_and_probes_tell_what_happened(service, bodies):
    action = service.post(bodies[0]).json()["action"]
    service.post(bodies[0])
    service.post(b"{")
    found = service.metrics()
    name = f'action="{action}",fallback="none",source="model"'
    assert found[f"sevensteps_decision_answers_total{{{name}}}"] == 1
    assert found["sevensteps_decision_recalled_total"] == 1
    assert (
        found['sevensteps_decision_rejected_total{error="invalid_json",status="400"}']
        == 1
    )
    seconds = "sevensteps_decision_stage_seconds_count"
    for stage in ("parse", "wait", "fetch", "features", "score", "write", "total"):
        assert found[f'{seconds}{{stage="{stage}"}}'] == 1
    assert service.client.get("/health").json() == {"status": "alive"}
    assert service.client.get("/ready").json()["status"] == "ready"


def test_a_service_that_ends_thaws_what_it_froze(model, store, tmp_path, monkeypatch):
    """Else DuckDB, if it was used before, prints a page about leaks at Ctrl-C."""
    monkeypatch.setattr("sys.setswitchinterval", lambda seconds: None)
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: sockets[0].close())
    config = {"model": model, "store": store, "log": tmp_path / "log"}
    serve_decisions(DecisionsConfig(api_key=KEY, port=0, **config))
    assert gc.get_freeze_count() == 0
