"""What goes wrong with payments in production, each done for real."""

import errno
import json
import os
import resource
import shutil
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

from sevensteps.cases.fraud.service import (
    DecisionsConfig,
    OnlineStore,
    Pricing,
    StoreError,
    build_store,
    export_model,
    log,
    read_log,
    running_service,
    serve_decisions,
)
from sevensteps.cases.fraud.service.records import CARD
from sevensteps.serve import StorageError
from sevensteps.serve.config import main

from .conftest import HEADERS, KEY, serving

DEADLINE_MS = 200.0  # short against an outage, long against a busy machine's pauses


def ids_of(bodies):
    return [json.loads(body)["payment_id"] for body in bodies]


def ids_in(path):
    return [line["payment_id"] for line in read_log(path)]


def assert_stored(store, bodies):
    """Each payment is among the events of its card, once."""
    for body in bodies:
        payment = json.loads(body)
        (value,) = store.fetch([f"c:{payment['card_id']}"])
        assert CARD.columns(value, but=-1)[1].count(payment["payment_id"]) == 1


def wait_until(true):
    """Wait for what must happen; a hang fails by the clock of the test run."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def test_a_store_that_stopped_under_load_is_told_what_it_missed(
    model, store, bodies, tmp_path
):
    """Every payment is answered, by rules while the store is gone; none is lost."""
    path = tmp_path / "log.jsonl"
    with serving(model, store, path, deadline_ms=20_000) as service:
        env = service.decider.store._env

        def gone(**options):
            raise StoreError("out of order")

        replies = []
        for start in range(0, 240, 80):
            if start == 80:
                service.decider.store._env = type("Gone", (), {"begin": gone})
            with ThreadPoolExecutor(8) as pool:
                replies += pool.map(service.post, bodies[start : start + 80])
        answers = [reply.json() for reply in replies]
        assert {reply.status_code for reply in replies} == {200}
        assert {answer["source"] for answer in answers[:80]} == {"model"}
        assert {answer["source"] for answer in answers[80:]} == {"rules"}
        assert answers[-1]["fallback"].startswith("fetch_")
        problems = str(service.client.get("/ready").json()["problems"])
        assert "fetch: circuit open" in problems
        assert "out of order (160 wait)" in problems
        service.decider.store._env = env
        wait_until(lambda: not service.decider.problems())
        assert service.metrics()["sevensteps_decision_dropped"] == 0
        assert_stored(service.decider.store, bodies[:240])
    assert [answer["payment_id"] for answer in answers] == ids_of(bodies[:240])
    assert sorted(ids_in(path)) == sorted(ids_of(bodies[:240]))


def test_a_service_with_a_truncated_model_refuses_to_start(model, store, tmp_path):
    broken = shutil.copytree(model, tmp_path / "broken")
    os.truncate(broken / "model.onnx", 1_000)
    with (
        pytest.raises(RuntimeError, match=r"refusing to start: .*model\.onnx"),
        running_service(broken, store, log=tmp_path / "log"),
    ):
        pass


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("model", "export_model"),
        ("store", "Fill a new one"),
        ("log", "could not write"),
    ],
)
def test_a_service_refuses_to_start_without(
    what, said, model, store, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("SEVENSTEPS_API_KEY", KEY)
    options = {"model": model, "store": store, "log": tmp_path / "log"}
    options[what] = store / "data.mdb" / "log" if what == "log" else tmp_path / "none"
    told = [f"--{name}={value}" for name, value in options.items()]
    assert main(DecisionsConfig, serve_decisions, told) == 2
    told = capsys.readouterr().err
    assert told.startswith("refusing to start: ")
    assert said in told


BUILDER = """
import sys, time
from sevensteps.cases.fraud.service import store
from sevensteps.cases.fraud.world import PaymentsWorld, Size
entries_of = store.entries_of
def slowly(history):
    yield from entries_of(history)
    print("wrote", flush=True)
    time.sleep(60)
store.entries_of = slowly
store.build_store(PaymentsWorld(Size(400, 120, 40), seed=6).history(40), sys.argv[1])
"""


def test_a_build_killed_half_way_leaves_nothing_that_can_be_read(past, tmp_path):
    target = tmp_path / "store"
    command = [sys.executable, "-c", BUILDER, str(target)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "wrote\n"
    process.kill()
    process.wait()
    process.stdout.close()
    assert list(tmp_path.iterdir())
    with pytest.raises(StoreError, match="no online store"):
        OnlineStore(target)
    build_store(past, target)  # and clears away what the killed one left
    OnlineStore(target).close()
    assert list(tmp_path.iterdir()) == [target]


def test_a_killed_service_has_kept_what_it_answered(model, store, bodies, tmp_path):
    path = tmp_path / "log.jsonl"
    with running_service(model, store, log=path, deadline_ms=20_000) as running:
        headers = HEADERS | {"X-API-Key": running.api_key}
        with httpx.Client(base_url=running.url, headers=headers) as client:
            for body in bodies[:30]:
                client.post("/v1/decisions", content=body).raise_for_status()
        os.kill(running.pid, 9)
    assert ids_in(path) == ids_of(bodies[:30])
    opened = OnlineStore(store)
    assert_stored(opened, bodies[:30])
    opened.close()


def test_a_service_that_is_stopped_finishes_what_it_began(
    model, store, bodies, tmp_path
):
    path = tmp_path / "log.jsonl"
    with serving(model, store, path, deadline_ms=20_000) as service:
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
    assert sorted(ids_in(path)) == sorted(ids_of(bodies[:4]))


def test_what_was_answered_before_it_was_written_is_written_at_the_stop(
    model, store, bodies, tmp_path, monkeypatch
):
    """A slow disk delays no answer, and a stop waits for the disk."""
    append = log.append

    def slow(file, lines):
        time.sleep(1.0)
        append(file, lines)

    monkeypatch.setattr(log, "append", slow)
    path = tmp_path / "log.jsonl"
    with serving(model, store, path, deadline_ms=DEADLINE_MS) as service:
        answers = [service.post(body).json() for body in bodies[:4]]
        assert len(ids_in(path)) < 4
    assert [answer["payment_id"] for answer in answers] == ids_in(path)


def no_larger_than(size):
    """No file may grow beyond it: what a full disk looks like to a writer."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


@pytest.fixture
def disk():
    """Whose space can be limited."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield no_larger_than
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_does_not_fit_leaves_nothing_behind(past, tmp_path, disk):
    rows = np.random.default_rng(0).normal(size=(3_000, 3)).astype(np.float32)
    fitted = lightgbm.LGBMClassifier(n_estimators=200, verbose=-1, n_jobs=1)
    fitted.fit(rows, rows[:, 0] * rows[:, 1] > 0.2)
    disk(65_536)
    with pytest.raises(StorageError, match="free some space"):
        build_store(past, tmp_path / "store")
    with pytest.raises(StorageError, match="free some space"):
        export_model(
            fitted, list("abc"), tmp_path / "model", check=rows, policy=Pricing()
        )
    assert not list(tmp_path.iterdir())


def test_a_full_log_does_not_stop_the_answers(model, store, bodies, tmp_path, disk):
    path = tmp_path / "log.jsonl"
    with serving(model, store, path, deadline_ms=20_000) as service:
        service.post(bodies[0])
        disk(path.stat().st_size + 1_000)  # room for a part of two lines
        full = [service.post(body).json() for body in bodies[1:20]]
        ready = service.client.get("/ready").json()
        metrics, whole = service.metrics(), len(ids_in(path))
        disk(resource.RLIM_INFINITY)
        assert all(answer["action"] for answer in full)
        assert ready["status"] == "degraded"
        assert "decision log: File too large" in str(ready["problems"])
        assert metrics["sevensteps_decision_log_healthy"] == 0
        assert metrics["sevensteps_decision_pending_lines"] == 20 - whole
        service.post(bodies[20])
        wait_until(lambda: service.client.get("/ready").json()["status"] == "ready")
    assert ids_in(path) == ids_of(bodies[:21])


def test_too_much_that_waits_is_dropped_and_counted(monkeypatch):
    monkeypatch.setattr(log, "BACKLOG", 3)
    written, full = [], [OSError(errno.ENOSPC, "No space left")]

    def write(lines):
        if full:
            raise full[0]
        written.extend(lines)

    backlog = log.Backlog("decision log", write)
    for number in range(5):
        backlog.put(number)
        backlog.flush()
    assert (len(backlog), backlog.dropped) == (3, 2)
    assert backlog.problem == "decision log: No space left"
    full.clear()
    backlog.flush()
    assert (len(backlog), backlog.problem, written) == (0, None, [2, 3, 4])


def test_a_line_is_in_the_log_whole_or_not_at_all(tmp_path, monkeypatch):
    write, path = os.write, tmp_path / "log"

    def short(file, data):
        if len(data) < 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[:5])

    with path.open("ab") as file:
        log.append(file.fileno(), [b'{"n":1}'])
        monkeypatch.setattr(os, "write", short)
        with pytest.raises(OSError, match="No space left"):
            log.append(file.fileno(), [b'{"n":2}', b'{"n":3}'])
        monkeypatch.undo()
        log.append(file.fileno(), [b'{"n":4}'])
    assert [line["n"] for line in read_log(path)] == [1, 4]


def test_a_connection_outlives_a_pause(model, store, bodies, tmp_path):
    """A service that hangs up first loses what is sent at that moment."""
    path = tmp_path / "log"
    with running_service(model, store, log=path, deadline_ms=20_000) as running:
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
