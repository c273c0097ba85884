"""The decisions when all is well, and what is refused; the rest is every service's."""

import gc
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sevensteps.cases.fraud.features import FEATURES, feature_matrix, offline
from sevensteps.cases.fraud.service import (
    PROGRAM,
    DecisionsConfig,
    ModelServer,
    read_log,
    requests_of,
)
from sevensteps.serve.run import answer

from .conftest import DAYS, KEY


def changed(body, **fields):
    return json.dumps(json.loads(body) | fields).encode()


def logged(service):
    return list(read_log(service.decider.config.log))


def test_a_payment_gets_a_decision_by_the_model(service, bodies, model):
    reply = service.post(bodies[0], **{"X-Request-ID": "order-17"})
    answer, server = reply.json(), ModelServer(model, FEATURES)
    assert (answer["source"], answer["fallback"]) == ("model", None)
    assert answer["action"] in ("allow", "step_up", "review", "block")
    assert answer["model"] == server.version
    assert answer["request_id"] == reply.headers["x-request-id"] == "order-17"
    stages = [part.split(";")[0] for part in reply.headers["server-timing"].split(", ")]
    known = "parse wait fetch holder features score act write total"
    assert set(stages) == set(known.split())
    (line,) = logged(service)
    (score,) = server.score(np.array([line["features"]], np.float32))
    assert line["score"] == answer["score"] == score


def test_online_features_equal_offline_features_row_by_row(
    service, batch, bodies, later, world
):
    """Three days of payments over HTTP, with the nightly job at each midnight."""
    keep = np.arange(later.payments.num_rows) >= later.payments.num_rows - len(bodies)
    wanted, day = offline(later, keep=keep), batch["paid_at"].to_numpy() // 86_400
    for now in range(DAYS, DAYS + 3):
        if now > DAYS:
            service.decider.store.refresh(world.history(days=now))
        for at in np.flatnonzero(day == now):
            assert service.post(bodies[at]).json()["source"] == "model"
    lines = {line["payment_id"]: line for line in logged(service)}
    found = [lines[i]["features"] for i in wanted["payment_id"].to_pylist()]
    np.testing.assert_array_equal(np.array(found, np.float32), feature_matrix(wanted))


def test_a_retried_payment_gets_the_same_decision_and_counts_once(service, bodies):
    first, again = service.post(bodies[0]).json(), service.post(bodies[0]).json()
    same = ("action", "score", "payment_id", "source", "reasons", "model")
    assert [first[k] for k in same] == [again[k] for k in same]
    assert (first["replayed"], again["replayed"]) == (False, True)
    then = json.loads(bodies[0])["paid_at"] + 5
    service.post(changed(bodies[0], payment_id=1, paid_at=then))
    before, after = (line["features"] for line in logged(service))
    for name in ("card_n_1h", "card_n_30d"):
        assert after[FEATURES.index(name)] - before[FEATURES.index(name)] == 1
    other = service.post(changed(bodies[0], amount=1.23))
    assert (other.status_code, other.json()["error"]) == (409, "conflict")


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
    assert len(scored) == len(logged(service)) == 1


def test_decisions_survive_a_restart(start, path, bodies):
    with start() as first:
        before = first.post(bodies[0]).json()
    with path.open("ab") as file:
        file.write(b'{"payment_id": 12, "torn')  # as a crash may leave it
    with start() as second:
        after = second.post(bodies[0]).json()
        second.post(bodies[1])
    assert after["replayed"]
    assert (after["action"], after["score"]) == (before["action"], before["score"])
    assert len(list(read_log(path))) == 2


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"amount": "12.5"}, "amount", "valid number"),
        ({"amount": -1}, "amount", "greater than 0"),
        ({"amount": True}, "amount", "valid number"),
        ({"amount": 1e9}, "amount", "less than or equal"),
        ({"amount": float("nan")}, "amount", "finite"),
        ({"payment_id": 1.5}, "payment_id", "valid integer"),
        ({"payment_id": 2**63}, "payment_id", ""),
        ({"card_id": -1}, "card_id", "greater than or equal to 0"),
        ({"card_id": 10**8}, "card_id", "no such card"),
        ({"channel": "carrier pigeon"}, "channel", "'chip', 'contactless' or 'online'"),
        ({"ip_risk": 1.5}, "ip_risk", "less than or equal to 1"),
        ({"ip_risk": float("inf")}, "ip_risk", "finite"),
        ({"ip_risc": 0.5}, "ip_risc", "not permitted"),
        ({"paid_at": 0}, "paid_at", "clock"),
        ({"paid_at": 2**31 - 1}, "paid_at", "clock"),
        ({"country": ""}, "country", "at least 1 character"),
    ],
)
def test_a_wrong_field_is_named_with_the_reason(service, bodies, change, field, reason):
    reply = service.post(changed(bodies[0], **change))
    assert reply.status_code == 422
    told = reply.json()["reasons"][0]
    assert told["field"] == field
    assert reason in told["reason"]
    assert not logged(service)


def test_an_endless_body_is_cut_off(service):
    chunks = (b" " * 1_000 for _ in range(100))
    assert service.client.post("/v1/decisions", content=chunks).status_code == 413


def test_an_unknown_merchant_is_scored_as_a_new_one(service, bodies):
    answer = service.post(changed(bodies[0], merchant_id=10**6)).json()
    assert answer["source"] == "model"
    (line,) = logged(service)
    told = dict(zip(FEATURES, line["features"], strict=True))
    assert (told["category"], told["merchant_n_7d"]) == (None, 0)


def test_metrics_tell_what_happened(service, bodies):
    action = service.post(bodies[0]).json()["action"]
    service.post(bodies[0])
    service.post(b"{")
    expected = [
        f'answers_total{{action="{action}",fallback="none",source="model"}}',
        'rejected_total{error="invalid_json",status="400"}',
        "recalled_total",
    ]
    for stage in ("parse", "wait", "fetch", "features", "score", "write", "total"):
        expected.append(f'stage_seconds_count{{stage="{stage}"}}')
    found = service.metrics()
    assert [found[f"sevensteps_decision_{name}"] for name in expected] == [1] * 10


def test_requests_are_the_payments(batch, bodies):
    assert len(bodies) == batch.num_rows
    sent = json.loads(requests_of(batch)[6])
    assert sent == {name: batch[name][6].as_py() for name in sent}


def test_a_service_that_ends_thaws_what_it_froze(model, store, tmp_path, monkeypatch):
    """Else DuckDB, if it was used before, prints a page about leaks at Ctrl-C."""
    monkeypatch.setattr("sys.setswitchinterval", lambda seconds: None)
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: sockets[0].close())
    given = {"model": model, "store": store, "log": tmp_path / "log"}
    answer(PROGRAM.app(DecisionsConfig(api_key=KEY, port=0, **given)))
    assert gc.get_freeze_count() == 0
