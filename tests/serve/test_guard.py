"""A guard: fast when all is well, and never slower than its budget."""

import asyncio
import threading
import time

import pytest

from sevensteps.serve.guard import Guard, Unavailable


@pytest.fixture
def guard():
    made = Guard("index", budget_ms=60.0, threads=2)
    yield made
    made.close()


def call(guard, work, left_ms=1_000.0):
    """The answer, or the reason why there is none, and how long that took."""

    async def ask():
        began = time.perf_counter()
        try:
            told = (await guard.call(left_ms, work))[0]
        except Unavailable as failed:
            told = failed.reason
        return told, (time.perf_counter() - began) * 1e3

    return asyncio.run(ask())


def test_an_answer_comes_with_its_own_time(guard):
    async def ask():
        return await guard.call(1_000.0, lambda: time.sleep(0.02) or 7)

    told, ms = asyncio.run(ask())
    assert told == 7
    assert 20 <= ms < 60


def test_what_breaks_is_named(guard):
    assert call(guard, lambda: 1 / 0)[0] == "index_ZeroDivisionError"


def test_what_is_late_is_left_behind(guard):
    told, ms = call(guard, lambda: time.sleep(0.2))
    assert told == "index_late"
    assert ms < 150


def test_a_request_in_a_hurry_waits_no_longer_than_it_can(guard):
    told, ms = call(guard, lambda: time.sleep(0.05), left_ms=5.0)
    assert told == "index_late"
    assert ms < 45
    for _ in range(5):  # that was not the dependency's fault
        call(guard, lambda: time.sleep(0.01), left_ms=1.0)
    assert not guard.breaker.is_open


def test_a_dependency_that_hangs_is_soon_not_asked(guard):
    free = threading.Event()
    try:
        told = [call(guard, free.wait) for _ in range(6)]
    finally:
        free.set()
    assert [reason for reason, _ in told[:3]] == ["index_late"] * 3
    assert "index_down" in [reason for reason, _ in told[3:]]
    assert min(ms for _, ms in told) < 20


def test_it_comes_back(guard):
    guard.breaker.retry_s = 0.01
    for _ in range(3):
        call(guard, lambda: 1 / 0)
    assert call(guard, lambda: 1)[0] == "index_down"
    time.sleep(0.05)
    assert call(guard, lambda: 1)[0] == 1
    assert not guard.breaker.is_open


def test_a_crowd_is_not_the_dependencys_fault(guard):
    async def crowd():
        work = [guard.call(1_000.0, lambda: time.sleep(0.02)) for _ in range(30)]
        return await asyncio.gather(*work, return_exceptions=True)

    told = asyncio.run(crowd())
    reasons = {e.reason for e in told if isinstance(e, Unavailable)}
    assert "overload" in reasons
    assert sum(isinstance(e, tuple) for e in told) >= 2
    assert not guard.breaker.is_open
