"""The load generator: its timetable, its honesty, and the trap beside it."""

import asyncio
import contextlib
import socket
import struct
import threading
import time

import numpy as np
import pytest

from sevensteps.cases.fraud.service import PATH
from sevensteps.serve import closed_load, load
from sevensteps.serve.client import Client
from sevensteps.serve.load import schedule
from sevensteps.serve.requests import Rejected

from .conftest import KEY

ASK = {"api_key": KEY, "path": PATH}


def test_the_timetable_is_a_poisson_process():
    due = schedule(rate=200, seconds=100, seed=3)
    gaps = np.diff(due)
    assert abs(len(due) - 20_000) < 600
    assert np.all(gaps > 0)
    assert due[-1] < 100
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)
    np.testing.assert_array_equal(due, schedule(rate=200, seconds=100, seed=3))


def test_an_open_loop_reports_stages_and_counts(service, bodies):
    told, n = [], len(schedule(60, 2, 1))
    heard = {"progress": lambda sent, of: told.append((sent, of))}
    report = load(service.url, bodies, rate=60, seconds=2, **ASK, seed=1, **heard)
    assert told == [(i + 1, n) for i in range(n)]
    assert (len(report.latency_ms), report.errors, report.by_fallback) == (n, {}, 0)
    assert {"fetch", "score", "total"} <= set(report.ledger.index)
    assert report.p50.estimate <= report.p95.estimate <= report.p99.estimate
    total = 'sevensteps_decision_stage_seconds_count{stage="total"}'
    assert service.metrics()[total] == n


def test_errors_are_counted_by_status_and_lost_answers_infinitely_late(service, bodies):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    stranger = ASK | {"api_key": "wrong"}
    for url, sent, ask, error, latency in (
        (service.url, [b"{"] * 100, ASK, "400", 5_000),
        (service.url, bodies, stranger, "401", 5_000),
        (gone, bodies, ASK, "lost", np.inf),
    ):
        report = load(url, sent, rate=30, seconds=1, **ask)
        assert report.errors == {error: len(report.latency_ms)}
        assert report.p50.estimate <= latency
    assert report.p50.estimate == np.inf


def test_a_stall_is_charged_by_the_open_loop_and_hidden_by_the_closed(
    service, bodies, monkeypatch
):
    """The service stops for a second; who would have come meanwhile has to wait."""
    loop = loop_of(service, monkeypatch)

    def stalled(run):
        timer = threading.Timer(0.5, loop.call_soon_threadsafe, [time.sleep, 1.0])
        timer.start()
        report = run()
        timer.join()
        return report

    opened = stalled(lambda: load(service.url, bodies, rate=100, seconds=3, **ASK))
    closed = stalled(lambda: closed_load(service.url, bodies[600:], 1, 3, **ASK))
    assert np.mean(opened.latency_ms > 300) > 0.15
    assert np.mean(closed.latency_ms > 300) < 0.05


def loop_of(service, monkeypatch):
    """The event loop in which the service runs."""
    found = []

    async def note(*_):
        found.append(asyncio.get_running_loop())
        raise Rejected(400, "probe", ("", "a test looks for the loop"))

    with monkeypatch.context() as patch:
        patch.setattr(service.app.desk, "answer", note)
        service.post(b"{}")
    return found[0]


def test_too_few_payloads_are_told(bodies):
    with pytest.raises(ValueError, match="needs"):
        load("http://127.0.0.1:1", bodies[:5], rate=100, seconds=1, **ASK)
    with pytest.raises(ValueError, match="http://127"):
        Client("https://127.0.0.1:1", KEY, 1.0, PATH)


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


async def with_a_pause(answer):
    """The status of two posts to a server, with a pause between them."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", KEY, timeout_s=5, path=PATH)
    first = await client.post(b"")
    await asyncio.sleep(0.2)
    second = await client.post(b"")
    client.close()
    server.close()
    return first.status, second.status


@pytest.mark.parametrize("resets", [False, True])
def test_a_connection_that_the_service_closed_is_not_used_again(resets):
    """Else a payment that comes after a pause would be counted as lost."""

    async def answer_once(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await writer.drain()
        if resets:
            await asyncio.sleep(0.05)  # until the answer has been read
            linger = struct.pack("ii", 1, 0)  # closing then sends a reset
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    assert asyncio.run(with_a_pause(answer_once)) == (200, 200)


@pytest.mark.parametrize(("idle_s", "opened"), [(30.0, 1), (0.05, 2)])
def test_a_connection_that_was_long_idle_is_not_used_again(monkeypatch, idle_s, opened):
    """The service may hang up at the very moment at which it is used."""
    monkeypatch.setattr("sevensteps.serve.client.IDLE_S", idle_s)
    callers = set()

    async def answer(reader, writer):
        callers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(OK)
        writer.close()

    assert asyncio.run(with_a_pause(answer)) == (200, 200)
    assert len(callers) == opened
