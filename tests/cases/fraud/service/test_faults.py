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
from contextlib import closing
from http.client import HTTPConnection

import httpx
import lightgbm
import numpy as np
import pytest

from sevensteps.cases.fraud.service import (
    OnlineStore,
    Pricing,
    StoreError,
    build_store,
    export_model,
    log,
    read_log,
    running_service,
)
from sevensteps.cases.fraud.service.store import CARD
from sevensteps.serve import StorageError

from .conftest import HEADERS


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


def test_a_store_that_stopped_under_load_is_told_what_it_missed(start, path, bodies):
    """Every payment is answered, by rules while the store is gone; none is lost."""

    def gone(**options):
        raise StoreError("out of order")

    with start() as service, ThreadPoolExecutor(8) as pool:
        store, env = service.decider.store, service.decider.store._env
        replies = [*pool.map(service.post, bodies[:80])]
        store._env = type("Gone", (), {"begin": gone})
        replies += pool.map(service.post, bodies[80:240])
        answers = [reply.json() for reply in replies]
        assert {reply.status_code for reply in replies} == {200}
        assert {answer["source"] for answer in answers[:80]} == {"model"}
        assert {answer["source"] for answer in answers[80:]} == {"rules"}
        assert answers[-1]["fallback"].startswith("fetch_")
        problems = str(service.client.get("/ready").json()["problems"])
        assert "fetch: circuit open" in problems
        assert "out of order (160 wait)" in problems
        store._env = env
        wait_until(lambda: not service.decider.problems())
        assert service.metrics()["sevensteps_decision_dropped"] == 0
        assert_stored(store, bodies[:240])
    assert [answer["payment_id"] for answer in answers] == ids_of(bodies[:240])
    assert sorted(ids_in(path)) == sorted(ids_of(bodies[:240]))


def none(model, folder):
    return folder / "none"


def truncated(model, folder):
    broken = shutil.copytree(model, folder / "broken")
    os.truncate(broken / "model.onnx", 1_000)
    return broken


def below_a_file(model, folder):
    return model / "model.onnx" / "log"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("model", none, "export_model"),
        ("model", truncated, r"model\.onnx"),
        ("store", none, "Fill a new one"),
        ("log", below_a_file, "could not write"),
    ],
)
def test_a_service_refuses_to_start(option, value, said, model, store, tmp_path):
    given = {"model": model, "store": store, "log": tmp_path / "log"}
    given[option] = value(model, tmp_path)
    refused = pytest.raises(RuntimeError, match=f"refusing to start: .*{said}")
    with refused, running_service(**given):
        pass


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


def test_a_killed_service_has_kept_what_it_answered(model, store, bodies, path):
    with running_service(model, store, log=path, deadline_ms=20_000) as running:
        headers = HEADERS | {"X-API-Key": running.api_key}
        with httpx.Client(base_url=running.url, headers=headers) as client:
            for body in bodies[:30]:
                client.post("/v1/decisions", content=body).raise_for_status()
        os.kill(running.pid, 9)
    assert ids_in(path) == ids_of(bodies[:30])
    with closing(OnlineStore(store)) as opened:
        assert_stored(opened, bodies[:30])


def test_a_service_that_is_stopped_finishes_what_it_began(start, bodies, path):
    with start() as service:
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
    start, bodies, path, monkeypatch
):
    """A slow disk delays no answer, and a stop waits for the disk."""
    append = log.append

    def slow(file, lines):
        time.sleep(1.0)
        append(file, lines)

    monkeypatch.setattr(log, "append", slow)
    with start(deadline_ms=200.0) as service:  # short against the disk's second
        answers = [service.post(body).json() for body in bodies[:4]]
        assert len(ids_in(path)) < 4
    assert [answer["payment_id"] for answer in answers] == ids_in(path)


@pytest.fixture
def disk():
    """Lets no file grow beyond a size: what a full disk looks like to a writer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_does_not_fit_leaves_nothing_behind(past, tmp_path, disk):
    rows = np.random.default_rng(0).normal(size=(3_000, 3)).astype(np.float32)
    fitted = lightgbm.LGBMClassifier(n_estimators=200, verbose=-1, n_jobs=1)
    fitted.fit(rows, rows[:, 0] * rows[:, 1] > 0.2)
    disk(65_536)
    with pytest.raises(StorageError, match="free some space"):
        build_store(past, tmp_path / "store")
    given = {"check": rows, "policy": Pricing()}
    with pytest.raises(StorageError, match="free some space"):
        export_model(fitted, list("abc"), tmp_path / "model", **given)
    assert not list(tmp_path.iterdir())


def test_a_full_log_does_not_stop_the_answers(start, bodies, path, disk):
    with start() as service:
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


def test_a_connection_outlives_a_pause(service, bodies):
    """A service that hangs up first loses what is sent at that moment."""
    host = service.url.removeprefix("http://")
    with closing(HTTPConnection(host, timeout=30)) as connection:
        connection.connect()
        connection.auto_open = 0  # else it would hide that it was hung up
        for body, pause_s in zip(bodies, (5.5, 0), strict=False):
            connection.request("POST", "/v1/decisions", body, HEADERS)
            reply = connection.getresponse()
            assert (reply.status, bool(reply.read())) == (200, True)
            time.sleep(pause_s)
