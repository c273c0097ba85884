"""What goes wrong in production, each done for real."""

import asyncio
import contextlib
import errno
import json
import os
import random
import resource
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import httpx
import lightgbm
import numpy as np
import pytest
import redis

from sevensteps.cases.fraud.service import (
    PATH,
    DecisionsConfig,
    ModelServer,
    StoreError,
    build_store,
    export_model,
    open_store,
    read_log,
    running_service,
    serve_decisions,
)
from sevensteps.cases.fraud.service.log import DecisionLog
from sevensteps.cases.fraud.thresholds import Thresholds
from sevensteps.serve import ModelError, StorageError
from sevensteps.serve.client import Client
from sevensteps.serve.config import main
from sevensteps.world.storage import write_file

from .conftest import HEADERS, KEY, serving, start_redis

DEADLINE_MS = 200.0  # short against an outage, long against a busy machine's pauses


def post_all(service, bodies, workers=8):
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(service.post, bodies))


def logged_ids(service):
    return [line["payment_id"] for line in read_log(service.decider.config.log)]


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_the_store_stops_under_load(how, past, model, bodies, redis_server, tmp_path):
    """Every payment is answered, by rules once the store is gone; none is lost."""
    build_store(past, redis_server.url)
    log = tmp_path / "log.jsonl"
    with serving(model, redis_server.url, log, deadline_ms=DEADLINE_MS) as service:
        stop = threading.Timer(0.3, getattr(redis_server, how))
        stop.start()
        replies, sent = [], bodies[:800]
        for start in range(0, len(sent), 80):
            replies += post_all(service, sent[start : start + 80])
            if start == 80:
                stop.join()
        answers = [reply.json() for reply in replies]
        assert {reply.status_code for reply in replies} == {200}
        assert answers[-1]["fallback"].startswith("fetch_")
        assert "fetch" in str(service.client.get("/ready").json()["problems"])
        assert service.metrics()["sevensteps_decision_dropped"] == 0
        if how == "freeze":
            redis_server.thaw()
            wait_until(lambda: service.decider.journal.pending_events == 0)
    ids = [json.loads(body)["payment_id"] for body in sent]
    assert [answer["payment_id"] for answer in answers] == ids
    assert sorted(line["payment_id"] for line in read_log(log)) == sorted(ids)


def test_a_frozen_store_holds_nobody_up(past, model, bodies, redis_server, tmp_path):
    """The breaker opens: while the store hangs, most answers do not wait for it."""
    build_store(past, redis_server.url)
    log = tmp_path / "log.jsonl"
    with serving(model, redis_server.url, log, deadline_ms=500) as service:
        redis_server.freeze()
        answers = [service.post(body).json() for body in bodies[:40]]
        waited = [a for a in answers if a["fallback"] != "fetch_down"]
        turned = [a for a in answers if a["fallback"] == "fetch_down"]
        assert len(waited) + len(turned) == 40
        assert len(turned) > 30
        assert max(a["elapsed_ms"] for a in waited) > 100 * min(
            a["elapsed_ms"] for a in turned
        )


def test_a_store_that_comes_back_is_used_and_told_what_it_missed(
    past, model, bodies, tmp_path
):
    server = start_redis(tmp_path)
    build_store(past, server.url)
    with serving(model, server.url, tmp_path / "log", deadline_ms=500) as service:
        server.freeze()
        fallen = [service.post(body).json() for body in bodies[:20]]
        server.thaw()
        wait_until(lambda: service.decider.journal.pending_events == 0)
        wait_until(
            lambda: not service.app.desk.pipeline.breakers["fetch"].is_open,
            poke=lambda: service.post(fresh(bodies[0])),
        )
        assert {a["source"] for a in fallen} == {"rules"}
        (card,) = open_store(server.url).fetch(
            [f"c:{json.loads(bodies[3])['card_id']}"]
        )
        assert json.loads(bodies[3])["payment_id"].to_bytes(8, "little") in card
    server.kill()


def test_a_store_that_comes_back_empty_is_no_store(past, model, bodies, tmp_path):
    """Its cards are not unknown, they are lost: rules answer until it is filled."""
    server = start_redis(tmp_path)
    build_store(past, server.url)
    with serving(model, server.url, tmp_path / "log", deadline_ms=20_000) as service:
        assert service.post(bodies[0]).json()["source"] == "model"
        server.kill()
        (tmp_path / "redis.sock").unlink()
        server = start_redis(tmp_path)
        replies = [service.post(body) for body in bodies[1:21]]
        assert {reply.status_code for reply in replies} == {200}
        why = {reply.json()["fallback"] for reply in replies}
        assert all(reason.startswith("fetch_") for reason in why)
        assert service.client.get("/ready").json()["status"] == "degraded"
        build_store(past, server.url)
        wait_until(
            lambda: (
                service.decider.journal.pending_events == 0
                and service.post(fresh(bodies[0])).json()["source"] == "model"
            )
        )
        missed = json.loads(bodies[3])
        (card,) = open_store(server.url).fetch([f"c:{missed['card_id']}"])
        assert missed["payment_id"].to_bytes(8, "little") in card
        build_store(past, server.url)  # a running service turns to the new version
        wait_until(lambda: service.post(fresh(bodies[0])).json()["source"] == "model")
        assert service.client.get("/ready").json()["status"] == "ready"
    server.kill()


def fresh(body, ids=iter(range(1, 10**6))):  # noqa: B008
    return json.dumps(json.loads(body) | {"payment_id": next(ids)}).encode()


def wait_until(true, poke=lambda: None):
    """Wait for what must happen; a hang fails by the clock of the test run."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it never happened"
        poke()
        time.sleep(0.05)


def test_a_slow_model_is_not_waited_for(model, store, bodies, tmp_path):
    log = tmp_path / "log.jsonl"
    with serving(model, store, log, deadline_ms=DEADLINE_MS) as service:
        hang = threading.Event()
        score = service.decider.model.score
        service.decider.model.score = lambda rows: hang.wait(10) and score(rows)
        answers = [service.post(body).json() for body in bodies[:10]]
        hang.set()
        assert {a["source"] for a in answers} == {"rules"}
        assert {a["fallback"] for a in answers} <= {"score_late", "score_down"}
        assert answers[-1]["fallback"] == "score_down"
        assert "score" in str(service.client.get("/ready").json()["problems"])


def test_a_crashing_model_is_replaced_by_rules(model, store, bodies, tmp_path):
    with serving(model, store, tmp_path / "log", deadline_ms=20_000) as service:

        def crash(rows):
            raise RuntimeError("out of luck")

        service.decider.model.score = crash
        answer = service.post(bodies[0]).json()
        assert (answer["source"], answer["fallback"]) == ("rules", "score_RuntimeError")


def test_rules_answer_over_http_and_never_block(model, store, bodies, tmp_path):
    with serving(model, store, tmp_path / "log", deadline_ms=20_000) as service:
        for breaker in service.app.desk.pipeline.breakers.values():
            for _ in range(3):
                breaker.failed()
        payment = json.loads(bodies[0])
        cases = [
            ({"channel": "online", "amount": 901, "ip_risk": 0.95}, "step_up"),
            ({"channel": "online", "amount": 901, "ip_risk": None}, "step_up"),
            ({"channel": "online", "amount": 901, "ip_risk": 0.1}, "allow"),
            ({"channel": "online", "amount": 9, "ip_risk": 0.95}, "allow"),
            ({"channel": "chip", "amount": 901, "ip_risk": 0.95}, "allow"),
        ]
        for number, (change, action) in enumerate(cases):
            body = json.dumps(payment | change | {"payment_id": number}).encode()
            answer = service.post(body).json()
            assert (answer["action"], bool(answer["fallback"])) == (action, True)


def test_a_service_with_a_truncated_model_refuses_to_start(model, store, tmp_path):
    broken = copied(model, tmp_path)
    broken.write_bytes(broken.read_bytes()[:1_000])
    with (
        pytest.raises(RuntimeError, match=rf"refusing to start: .*{broken.name}"),
        running_service(tmp_path, store),
    ):
        pass


def copied(model, folder):
    for file in model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return next(folder.glob("model-*.onnx"))


@pytest.mark.parametrize("what", ["model file", "store", "log", "redis"])
def test_a_service_refuses_to_start_without(
    what, model, store, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("SEVENSTEPS_API_KEY", KEY)
    options = {"model": tmp_path, "store": store, "log": tmp_path / "log"}
    broken = copied(model, tmp_path)
    if what == "model file":
        broken.unlink()
    if what == "store":
        options["store"] = tmp_path / "nothing"
    if what == "redis":
        options["store"] = f"unix://{tmp_path}/nobody.sock"
    if what == "log":
        options["log"] = store / "store.json" / "log"
    said = {
        "model file": "cannot be read",
        "store": "Fill it with",
        "log": "could not write",
        "redis": "Is redis-server running",
    }
    told = [f"--{name}={value}" for name, value in options.items()]
    assert main(DecisionsConfig, serve_decisions, told) == 2
    told = capsys.readouterr().err
    assert told.startswith("refusing to start: ")
    assert said[what] in told


def test_ten_thousand_malformed_requests(service, bodies):
    """Each gets a 4xx with a reason, and the next sound payment its decision."""
    rng = random.Random(0)
    broken = [mutated(bodies[0], rng) for _ in range(10_000)]
    replies = asyncio.run(answers_to(service, broken))
    for body, reply in zip(broken, replies, strict=True):
        assert 400 <= reply.status < 500, (body, reply)
        reasons = json.loads(reply.body)["reasons"]
        assert reasons
        assert all(r["reason"] for r in reasons), body
    assert service.post(bodies[0]).json()["source"] == "model"
    assert logged_ids(service) == [json.loads(bodies[0])["payment_id"]]


async def answers_to(service, broken):
    client, replies = Client(service.url, KEY, 60, PATH), []
    for start in range(0, len(broken), 8):
        posts = [client.post(body) for body in broken[start : start + 8]]
        replies += await asyncio.gather(*posts)
    client.close()
    return replies


WRONG = (
    *(None, True, "", "12", "NaN", -1, 1.5, 2**31, 2**63, 2**64, -(2**70)),
    *([], {}, [1], {"a": 1}, "x" * 3_000, "\u0000", "\ud800", 10**40),
)
MUST = ("payment_id", "paid_at", "card_id", "merchant_id", "amount")


def mutated(body: bytes, rng: random.Random) -> bytes:
    """One of many ways to be wrong."""
    payment = json.loads(body)
    field = rng.choice(MUST)
    match rng.randrange(8):
        case 0:
            return body[: rng.randrange(len(body))]
        case 1:
            del payment[field]
        case 2:
            payment["amount"] = rng.choice([-1, 0, None, True, "9", [], 1e7])
        case 3:
            wrong = [value for value in WRONG if value not in (None, 2**31, "")]
            payment["card_id"] = rng.choice([*wrong, None, 2**31, 10**9])
        case 4:
            payment["x" * rng.randrange(1, 40)] = 1
        case 5:
            return bytes(rng.randrange(256) for _ in range(rng.randrange(1, 300)))
        case 6:
            at = rng.randrange(len(body))
            return (
                body[:at] + bytes([rng.choice(b'{}[]"\\\x00\xff')]) + body[at:] + b","
            )
        case 7:
            number = rng.choice([b"NaN", b"Infinity", b"-Infinity", b"1e999", b"+1"])
            amount = str(payment["amount"]).encode()
            return body.replace(b'"amount":' + amount, b'"amount":' + number)
    return json.dumps(payment).encode()


BUILDER = """
import sys, time
from sevensteps.cases.fraud.service import store
from sevensteps.cases.fraud.world import PaymentsWorld, Size
world = PaymentsWorld(Size(400, 120, 40), seed=6)
chunked = store.chunked
def slowly(entries):
    for chunk in chunked(entries):
        yield chunk
        print("wrote", flush=True)
        time.sleep(60)
store.chunked = slowly
store.build_store(world.history(days=40), sys.argv[1])
"""


@pytest.mark.parametrize("kind", ["lmdb", "redis"])
def test_a_build_killed_half_way_leaves_the_old_store(
    kind, past, store, redis_server, bodies
):
    target = str(store) if kind == "lmdb" else redis_server.url
    before = build_store(past, target)
    killed_while_writing([sys.executable, "-c", BUILDER, target])
    opened = open_store(target)
    assert opened.info == before
    assert opened.fetch([f"h:{json.loads(bodies[0])['card_id']}"])[0]
    opened.close()
    after = build_store(past, target)  # and clears away what the killed one left
    assert open_store(target).info == after
    if kind == "lmdb":
        assert {p.name for p in store.iterdir()} == {"store.json", after.version}


def killed_while_writing(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "wrote\n"
    process.kill()
    process.wait()
    process.stdout.close()


EXPORTER = """
import sys, time
from pathlib import Path
from sevensteps.world import storage
replace = Path.replace
def slowly(self, target):
    print("wrote", flush=True)
    time.sleep(60)
Path.replace = slowly
storage.write_file(Path(sys.argv[1]), b"half a manifest")
"""


def test_an_export_killed_half_way_leaves_the_old_model(model):
    before = (model / "manifest.json").read_bytes()
    target = str(model / "manifest.json")
    killed_while_writing([sys.executable, "-c", EXPORTER, target])
    assert (model / "manifest.json").read_bytes() == before
    ModelServer(model)


def test_a_killed_service_has_kept_what_it_answered(model, store, bodies, tmp_path):
    log = tmp_path / "log.jsonl"
    with running_service(model, store, log=log, deadline_ms=20_000) as running:
        headers = HEADERS | {"X-API-Key": running.api_key}
        with httpx.Client(base_url=running.url, headers=headers) as client:
            for body in bodies[:30]:
                client.post("/v1/decisions", content=body).raise_for_status()
        os.kill(running.pid, 9)
    ids = [json.loads(body)["payment_id"] for body in bodies[:30]]
    assert [line["payment_id"] for line in read_log(log)] == ids
    opened = open_store(store)
    for body in bodies[:30]:
        payment = json.loads(body)
        (card,) = opened.fetch([f"c:{payment['card_id']}"])
        assert payment["payment_id"].to_bytes(8, "little") in card
    opened.close()


def test_a_service_that_is_stopped_finishes_what_it_began(
    model, store, bodies, tmp_path
):
    log = tmp_path / "log.jsonl"
    with serving(model, store, log, deadline_ms=20_000) as service:
        score, begun = service.decider.model.score, threading.Event()

        def slow(rows):
            begun.set()
            time.sleep(0.3)
            return score(rows)

        service.decider.model.score = slow
        with ThreadPoolExecutor(4) as pool:
            replies = [pool.submit(service.post, body) for body in bodies[:4]]
            begun.wait(20)
            service.server.should_exit = True
        assert {reply.result().json()["source"] for reply in replies} == {"model"}
    assert len(list(read_log(log))) == 4


def test_what_was_answered_before_it_was_written_is_written_at_the_stop(
    model, store, bodies, tmp_path, monkeypatch
):
    """A slow disk delays no answer, and a stop waits for the disk."""
    append = DecisionLog.append

    def slow(self, lines):
        time.sleep(1.0)
        append(self, lines)

    monkeypatch.setattr(DecisionLog, "append", slow)
    log = tmp_path / "log.jsonl"
    with serving(model, store, log, deadline_ms=DEADLINE_MS) as service:
        answers = [service.post(body).json() for body in bodies[:4]]
        assert len(list(read_log(log))) < 4
    assert [a["payment_id"] for a in answers] == [
        line["payment_id"] for line in read_log(log)
    ]


@pytest.fixture
def small_files():
    """No file may grow beyond 64 kB: what a full disk looks like to a writer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_store_that_does_not_fit_leaves_the_old_one(past, store, small_files):
    before = open_store(store)
    version = before.info.version
    before.close()
    with pytest.raises(StorageError, match="free some space"):
        build_store(past, store)
    assert open_store(store).info.version == version
    assert {p.name for p in store.iterdir()} == {"store.json", version}


def test_a_model_that_does_not_fit_leaves_the_old_one(model, tmp_path, small_files):
    path = tmp_path / "model.onnx"
    write_file(path, b"old")
    with pytest.raises(StorageError, match=r"model\.onnx.*free some space"):
        write_file(path, b"n" * 100_000)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


def test_a_full_redis_leaves_the_old_store(past, tmp_path):
    server = start_redis(tmp_path, "--port", "0", "--maxmemory", "3mb")
    try:
        before = build_store(past, server.url)
        fill(server.url)
        with pytest.raises(StoreError, match=r"OutOfMemory.*memory to spare"):
            build_store(past, server.url)
        assert open_store(server.url).info == before
    finally:
        server.kill()


def fill(url):
    client = redis.Redis.from_url(url)
    with contextlib.suppress(redis.OutOfMemoryError):
        for number in range(1_000):
            client.set(f"other:{number}", b"x" * 10_000)
    client.close()


def test_a_full_log_does_not_stop_the_answers(model, store, bodies, tmp_path):
    log = tmp_path / "log.jsonl"
    with serving(model, store, log, deadline_ms=20_000) as service:
        service.post(bodies[0])
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = log.stat().st_size + 1_000  # room for a part of two lines
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
        try:
            full = [service.post(body).json() for body in bodies[1:20]]
            ready = service.client.get("/ready").json()
            metrics = service.metrics()
            whole = len(list(read_log(log)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert len(full) == 19
        assert all(answer["action"] for answer in full)
        assert ready["status"] == "degraded"
        assert "decision log: File too large" in str(ready["problems"])
        assert metrics["sevensteps_decision_log_healthy"] == 0
        assert metrics["sevensteps_decision_pending_lines"] == 20 - whole
        service.post(bodies[20])
        wait_until(lambda: service.client.get("/ready").json()["status"] == "ready")
    ids = [json.loads(body)["payment_id"] for body in bodies[:21]]
    assert [line["payment_id"] for line in read_log(log)] == ids


def test_a_line_is_in_the_log_whole_or_not_at_all(tmp_path, monkeypatch):
    log = DecisionLog(tmp_path / "log")
    log.append([b'{"n":1}'])
    write = os.write

    def short(file, data):
        if len(data) < 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[:5])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(OSError, match="No space left"):
        log.append([b'{"n":2}', b'{"n":3}'])
    monkeypatch.undo()
    log.append([b'{"n":4}'])
    log.close()
    assert [line["n"] for line in read_log(tmp_path / "log")] == [1, 4]


def test_export_to_a_full_disk_says_what_to_do(model, tmp_path, small_files):
    rows = np.random.default_rng(0).normal(size=(3_000, 3)).astype(np.float32)
    labels = rows[:, 0] * rows[:, 1] > 0.2
    fitted = lightgbm.LGBMClassifier(n_estimators=200, verbose=-1, n_jobs=1)
    fitted.fit(rows, labels)
    policy = Thresholds(0.1, 0.2, 0.3)
    with pytest.raises(StorageError, match="free some space"):
        export_model(fitted, list("abc"), tmp_path, check=rows, policy=policy)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ModelError, match="no model"):
        ModelServer(tmp_path)


def test_a_connection_outlives_a_pause(model, store, bodies):
    """A service that hangs up first loses what is sent at that moment."""
    with running_service(model, store, deadline_ms=20_000) as running:
        connection = HTTPConnection(running.url.removeprefix("http://"), timeout=30)
        connection.connect()
        connection.auto_open = 0  # else it would hide that it was hung up
        headers = HEADERS | {"X-API-Key": running.api_key}
        for body, pause_s in zip(bodies, (5.5, 0), strict=False):
            connection.request("POST", "/v1/decisions", body, headers)
            reply = connection.getresponse()
            assert (reply.status, bool(reply.read())) == (200, True)
            time.sleep(pause_s)
        connection.close()
