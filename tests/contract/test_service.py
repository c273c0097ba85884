"""What holds for every service, whatever breaks."""

import asyncio
import contextlib
import json
import logging
import random
import socket
import sys
import threading
import time

import httpx
import pytest

from sevensteps.serve import ServiceError, door
from sevensteps.serve.client import Client
from sevensteps.serve.run import SWITCH_S, listen, server

from .conftest import DEADLINE_MS, HEADERS, KEY


def ask(client, body):
    """What is told of a request that is answered."""
    reply = client.post(client.app.service.path, content=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def whole(client):
    """The source of an answer when nothing is wrong."""
    return next(iter(client.app.service.answers))


@contextlib.contextmanager
def listening(app):
    """The service on a port, in a thread; where it is."""
    sock, running = listen("127.0.0.1", 0), server(app)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [sock]})
    switch = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    thread.start()
    port = sock.getsockname()[1]
    try:
        httpx.get(f"http://127.0.0.1:{port}/health", timeout=30, trust_env=False)
        yield port
    finally:
        running.should_exit = True
        thread.join()
        sys.setswitchinterval(switch)


def test_the_whole_model_answers_and_tells_where_time_went(client, case):
    reply = client.post(client.app.service.path, content=case.bodies[0])
    told, timing = reply.json(), reply.headers["server-timing"]
    assert (told["source"], told["fallback"]) == (whole(client), None)
    assert 0 < told["elapsed_ms"] < told["deadline_ms"] == DEADLINE_MS
    assert told["request_id"] == reply.headers["x-request-id"]
    for stage in ("parse", "wait", client.app.service.stages[0].name, "total"):
        assert f"{stage};dur=" in timing
    assert client.get("/ready").json()["status"] == "ready"
    assert "answers_total{" in client.get("/metrics").text
    schema = client.get("/openapi.json").json()["paths"]
    assert client.app.service.path in schema


def test_whatever_breaks_somebody_answers_and_says_so(client, case):
    bodies = iter(case.bodies)
    for stage in client.app.service.stages:

        def breaks(name, wrong=stage.name):
            if name == wrong:
                raise FloatingPointError(name)

        client.app.desk.pipeline.hook = breaks
        told = [ask(client, next(bodies)) for _ in range(5)]
        why = {answer["fallback"] for answer in told}
        if why == {None}:  # asked for only now and then
            assert not stage.required
        else:
            assert f"{stage.name}_FloatingPointError" in why
            assert why <= {None, *(f"{stage.name}_{w}" for w in REASONS)}
        client.app.desk.pipeline.breakers[stage.name].succeeded()


REASONS = ("FloatingPointError", "down")


def test_a_stage_that_hangs_costs_no_answer_its_deadline(client, case):
    free, bodies = threading.Event(), iter(case.bodies)
    stage = client.app.service.stages[0].name
    client.app.desk.pipeline.hook = lambda name: name != stage or free.wait(20)
    try:
        told = [ask(client, next(bodies)) for _ in range(6)]
        ready = client.get("/ready").json()
    finally:
        free.set()
    assert told[0]["fallback"] == f"{stage}_late"
    assert told[-1]["fallback"] == f"{stage}_down"
    assert max(answer["elapsed_ms"] for answer in told) < DEADLINE_MS + 20
    assert ready["status"] == "degraded"
    assert stage in str(ready["problems"])


def test_stages_that_are_slow_together_are_cut_off_in_time(client, case):
    """None takes longer than it may; all of them do."""
    stages = client.app.service.stages
    share = min(stage.share for stage in stages)
    pause = max(0.7 * share, 1.2 / len(stages)) * DEADLINE_MS / 1e3
    client.app.desk.pipeline.hook = lambda name: time.sleep(pause)
    told = ask(client, case.bodies[0])
    assert told["fallback"]
    assert told["elapsed_ms"] < DEADLINE_MS + 20


def call(app, body, received):
    """A request that was received at some time, straight to the application."""
    head = {k.lower().encode(): v.encode() for k, v in HEADERS.items()}
    scope = {"type": "http", "method": "POST", "path": app.service.path}
    scope |= {"headers": [*head.items()], "received": received}
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    async def answered():
        await app(scope, receive, send)
        await asyncio.sleep(0.3)  # until it is kept, too

    asyncio.run(answered())
    return json.loads(sent[-1]["body"])


def test_the_clock_runs_from_the_first_byte(case):
    """Of a request whose body took the whole deadline, no stage is begun."""
    app, begun = case.app(), []
    app.desk.pipeline.hook = begun.append
    told = call(app, case.bodies[0], time.perf_counter() - DEADLINE_MS / 1e3)
    assert told["fallback"]
    assert not begun
    assert told["elapsed_ms"] >= DEADLINE_MS
    app.desk.close()


def test_a_thousand_malformed_bodies_are_refused_with_reasons(client, case):
    rng, path = random.Random(17), client.app.service.path
    for _ in range(1_000):
        body = mangled(rng.choice(case.bodies), rng)
        reply = client.post(path, content=body)
        assert reply.status_code in (400, 422), body
        assert all(r["reason"] for r in reply.json()["reasons"]), body
    assert ask(client, case.bodies[0])["fallback"] is None


WRONG = (True, -7, 1.5, 2**64, -(2**70), [], {}, [1], {"a": 1}, "\u0000", 10**40)


def mangled(body, rng):
    """One of many ways to be wrong."""
    told = json.loads(body)
    first = next(iter(told))
    match rng.randrange(6):
        case 0:
            return body[: rng.randrange(len(body))]
        case 1:
            del told[first]
        case 2:
            told[first] = rng.choice(WRONG)
        case 3:
            told["x" * rng.randrange(1, 40)] = 1
        case 4:
            return bytes(rng.randrange(256) for _ in range(rng.randrange(1, 300)))
        case 5:
            key = json.dumps(first).encode()
            value = json.dumps(told[first]).encode()
            return body[:1] + key + b":" + value + b"," + body[1:]
    return json.dumps(told).encode()


def test_a_key_that_is_given_twice_is_refused_by_name(client, case):
    told = json.loads(case.bodies[0])
    key = next(iter(told))
    twice = f"{{{json.dumps(key)}:{json.dumps(told[key])},".encode()
    reply = client.post(client.app.service.path, content=twice + case.bodies[0][1:])
    assert reply.status_code == 422
    assert reply.json()["reasons"] == [{"field": key, "reason": "is given twice"}]


def test_other_callers_types_paths_and_methods_are_told(client, case):
    path, body = client.app.service.path, case.bodies[0]
    for key in ("", "wrong", KEY[:-1] + "W"):
        assert client.post(path, content=body, headers={"X-API-Key": key}).status_code
    refused = client.post(path, content=body, headers={"X-API-Key": "no"})
    assert (refused.status_code, refused.json()["error"]) == (401, "unauthorised")
    plain = client.post(path, content=body, headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    assert client.post(path, content=b" " * 5_000).status_code == 413
    wrong = client.get(path)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert client.get("/nowhere").json()["reasons"][0]["reason"] == "Not Found"


def test_a_damaged_file_is_found_at_the_start(case, tmp_path):
    for number, file in enumerate(f for f in case.folder.rglob("*") if f.is_file()):
        if file.suffix in (".mdb", ".jsonl", ".lock"):
            continue  # of these, pages and lines are checked when they are read
        copy = case.copy(tmp_path / str(number))
        damage(copy / file.relative_to(case.folder))
        with pytest.raises(ServiceError):
            case.app(copy)


def damage(file):
    """One bit of a file is wrong; of a text, the second half is missing."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 16
    file.write_bytes(data[: len(data) // 2] if file.suffix == ".json" else data)


def test_half_a_request_is_hung_up_on(case, monkeypatch, caplog):
    monkeypatch.setattr(door, "SLOW_S", 0.3)
    app = case.app()
    head = f"POST {app.service.path} HTTP/1.1\r\nHost: x\r\n".encode()
    half = [head + b"X-A: ", head + whole_head() + b"Content-Length: 300\r\n\r\n{"]
    with listening(app) as port:
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        for text in half:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as caller:
                caller.sendall(text)
                assert b"408" in caller.recv(1_000)
                assert caller.recv(1_000) == b""
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(half[1])  # and hangs up
        time.sleep(0.2)
    assert not caplog.records  # no traceback for anybody


def whole_head():
    """The lines of a header that every request has."""
    return "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode()


def test_a_flood_is_answered_in_time_and_leaves_nothing_behind(case):
    """Too many at once: some by the model, nobody late, then all as before."""
    deadline_ms = 1_000.0
    app = case.app(deadline_ms=deadline_ms)
    app.desk.pipeline.hook = lambda name: time.sleep(0.004)
    with listening(app) as port:
        told, statuses = asyncio.run(flood(port, app.service.path, case.bodies[1:]))
        answered = [each for each in told if "elapsed_ms" in each]
        by_model = [each for each in answered if each["fallback"] is None]
        others = {each["fallback"] for each in told} - {None}
        assert statuses <= {200, 503}
        assert len(by_model) >= 5
        assert others <= {"overload", *(f"{s.name}_late" for s in app.service.stages)}
        assert sum(each["fallback"] == "overload" for each in told) > len(told) / 4
        assert max(each["elapsed_ms"] for each in answered) < deadline_ms + 20
        assert not app.desk.problems()
        assert app.desk.in_flight == 0
        alone, _ = asyncio.run(flood(port, app.service.path, case.bodies[:1]))
        assert alone[0]["fallback"] is None


async def flood(port, path, bodies):
    """All bodies at once."""
    client = Client(f"http://127.0.0.1:{port}", KEY, 30, path)
    replies = await asyncio.gather(*(client.post(body) for body in bodies))
    client.close()
    told = [{"fallback": "overload"} | json.loads(reply.body) for reply in replies]
    return told, {reply.status for reply in replies}
