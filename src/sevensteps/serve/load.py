"""Load tests that count the waiting: an open loop, and the closed one as the trap.

Customers do not wait for each other. An **open** loop sends by a timetable and
measures from the *scheduled* moment, so a stalled service is charged for everybody
who would have come meanwhile. A **closed** loop sends the next request when the last
one is answered: a stall delays one request, silences the others and hardly shows
("coordinated omission").

Source: G. Tene, "How NOT to measure latency" (2013).
"""

import asyncio
import contextlib
import gc
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sevensteps.measure.bootstrap import Interval, latency_quantile
from sevensteps.measure.inputs import Floats

from .client import Client, Reply

TIMEOUT_S, SHED = 10.0, 503
FALLBACK = b'"fallback":"'  # and then why; null, if nothing is missing
Sent = tuple[float, Reply]  # milliseconds, answer
Progress = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class LoadReport:
    """What a load test saw; milliseconds throughout.

    `achieved` is answers per second from the first send to the last answer; far below
    `offered`, the service (or this generator) could not keep up.
    """

    loop: str  # open or closed
    rate: float  # asked for; of a closed loop, the achieved one
    offered: float  # what the timetable came to; luck moves it around the rate
    achieved: float
    latency_ms: Floats  # (n,), of all requests; lost ones are infinite
    errors: dict[str, int]  # by status; "lost": no answer
    by_fallback: int  # answers that are not the whole model's
    shed: int  # turned away at the door, with a 503
    ledger: pd.DataFrame  # stage: p50, p99, mean
    whole_ms: Floats  # of answers by the whole model, as the service counted
    seconds: float

    def goodput(self, deadline_ms: float) -> float:
        """Answers a second by the whole model within a deadline, from receipt on."""
        return float(np.sum(self.whole_ms <= deadline_ms) / self.seconds)

    def quantile(self, q: float) -> Interval:
        """A latency quantile with its interval."""
        return latency_quantile(self.latency_ms, q)

    @property
    def p50(self) -> Interval:
        """The median."""
        return self.quantile(0.5)

    @property
    def p95(self) -> Interval:
        """One in twenty is slower."""
        return self.quantile(0.95)

    @property
    def p99(self) -> Interval:
        """One in a hundred is slower."""
        return self.quantile(0.99)

    def row(self) -> dict[str, Any]:
        """One line of a table of load tests."""
        return {
            "loop": self.loop,
            "rate": round(self.rate),
            "achieved": round(self.achieved),
            "p50 ms": self.p50,
            "p95 ms": self.p95,
            "p99 ms": self.p99,
            "errors": sum(self.errors.values()),
            "by fallback": self.by_fallback,
            "turned away": self.shed,
        }

    def __repr__(self) -> str:
        return f"LoadReport({self.row()})"


def within(report: LoadReport, slo_ms: float) -> bool:
    """Whether a load test met the objective."""
    keeps_pace = report.achieved > 0.9 * report.offered
    modelled = report.by_fallback + report.shed <= 0.01 * len(report.latency_ms)
    fast = report.p99.estimate < slo_ms
    return fast and keeps_pace and modelled and not report.errors


def load(
    url: str,
    payloads: Sequence[bytes],
    rate: float,
    seconds: float,
    *,
    api_key: str,
    path: str,
    seed: int = 0,
    progress: Progress = lambda sent, of: None,
) -> LoadReport:
    """Send requests as a Poisson process, whether or not earlier ones are answered.

    Parameters
    ----------
    payloads : bodies; used from the first on, each once
    rate, seconds : requests per second, on average; how long
    path : where to post
    seed : of the timetable
    progress : called with each request that is sent: how many, of how many

    Returns LoadReport: latencies run from the scheduled moment of sending. Raises a
    ValueError if there are fewer payloads than the timetable needs.
    """
    if not rate > 0 or not seconds > 0:
        raise ValueError(f"need rate > 0 and seconds > 0; got {rate}, {seconds}")
    due = schedule(rate, seconds, seed)
    if len(due) > len(payloads):
        raise ValueError(
            f"{rate:g}/s for {seconds:g} s needs {len(due)} payloads, there are "
            f"{len(payloads)}; make more of them"
        )

    send = partial(_on_time, payloads, due, progress)
    sent, took = _run(Client(url, api_key, TIMEOUT_S, path), send)
    return report_of(sent, took, "open", rate, len(due) / seconds)


def closed_load(
    url: str,
    payloads: Sequence[bytes],
    workers: int,
    seconds: float,
    *,
    api_key: str,
    path: str,
) -> LoadReport:
    """The trap: each worker waits for its answer before it sends again.

    So many requests are in flight; all else is as for `load`, but that latencies run
    from the actual moment of sending.
    """
    if workers < 1:
        raise ValueError(f"need at least one worker; got {workers}")
    waiting = iter(payloads)
    sent: list[Sent] = []

    async def work(client: Client, end: float) -> None:
        for body in waiting:
            if (now := time.perf_counter()) > end:
                return
            sent.append(await _timed(client, body, now))

    async def send(client: Client) -> list[Sent]:
        end = time.perf_counter() + seconds
        await asyncio.gather(*(work(client, end) for _ in range(workers)))
        return sent

    return report_of(*_run(Client(url, api_key, TIMEOUT_S, path), send), "closed")


def schedule(rate: float, seconds: float, seed: int) -> Floats:
    """(n,) seconds from the start at which requests are due: a Poisson process."""
    rng = np.random.default_rng(seed)
    n = int(rate * seconds + 6 * np.sqrt(rate * seconds) + 10)
    due = np.cumsum(rng.exponential(1 / rate, n))
    return due[due < seconds]


async def _on_time(
    payloads: Sequence[bytes], due: Floats, progress: Progress, client: Client
) -> list[Sent]:
    start, tasks = time.perf_counter(), []
    for body, at in zip(payloads, (due + start).tolist(), strict=False):
        if (wait := at - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(_timed(client, body, at)))
        progress(len(tasks), len(due))
    return await asyncio.gather(*tasks)


async def _timed(client: Client, body: bytes, at: float) -> Sent:
    reply = await client.post(body)
    return (time.perf_counter() - at) * 1e3, reply


def _run(
    client: Client, send: Callable[[Client], Awaitable[list[Sent]]]
) -> tuple[list[Sent], float]:
    """What was sent, and in how many seconds.

    In an event loop of its own, on a thread of its own: a notebook's loop is taken.
    """

    async def all_of_it() -> tuple[list[Sent], float]:
        start = time.perf_counter()
        sent = await send(client)
        client.close()
        return sent, time.perf_counter() - start

    found: Future[tuple[list[Sent], float]] = Future()

    def run() -> None:
        try:
            found.set_result(asyncio.run(all_of_it()))
        except BaseException as error:
            found.set_exception(error)

    with _no_pauses():
        threading.Thread(target=run, name="load", daemon=True).start()
        return found.result()


@contextlib.contextmanager
def _no_pauses() -> Iterator[None]:
    """No garbage collection meanwhile: its pauses would be charged to the service."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def report_of(
    sent: list[Sent],
    seconds: float,
    loop: str,
    rate: float | None = None,
    offered: float | None = None,
) -> LoadReport:
    """What was sent and answered in so many seconds, as a report."""
    statuses = Counter(reply.status for _, reply in sent)
    fine = {200, SHED}
    errors = {str(s) if s else "lost": n for s, n in statuses.items() if s not in fine}
    stages = pd.DataFrame([r.stages for _, r in sent if r.status == 200])
    columns = {"p50 ms": stages.quantile(0.5), "p99 ms": stages.quantile(0.99)}
    ledger = pd.DataFrame(columns | {"mean ms": stages.mean()}).rename_axis("stage")
    whole = [r for _, r in sent if "total" in r.stages and FALLBACK not in r.body]
    achieved = (len(sent) - statuses[0]) / seconds
    return LoadReport(
        loop=loop,
        rate=achieved if rate is None else rate,
        offered=achieved if offered is None else offered,
        achieved=achieved,
        latency_ms=np.array([ms if reply.status else np.inf for ms, reply in sent]),
        errors=errors,
        by_fallback=sum(FALLBACK in reply.body for _, reply in sent),
        shed=statuses[SHED],
        ledger=ledger,
        whole_ms=np.array([reply.stages["total"] for reply in whole]),
        seconds=seconds,
    )
