"""A service as a case describes it, and what answers a request by that description."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import BaseModel

from .admission import Allowance
from .breaker import Breaker
from .pipeline import Pipeline
from .stages import Gauges, Ledger, RequestMetrics, Run, Stage

WORK_SHARE = 0.8  # of the deadline; the rest is for the fallback, the log, the way back
TICK_S = 0.004  # how often the clock is looked at while there is work
TURNS = 4  # of the event loop, that an answer waits for: begun, made, kept, sent
SMOOTHING = 0.1  # of the mean lag of the loop
Source = Callable[[Run], Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    run: Run
    source: str  # which of the service's `answers` made it
    value: Any  # what that returned
    fallback: str | None  # why it is not what it should be, or None
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a case gives; the rest is the same for all."""

    what: str  # it makes, in one word; part of the metrics' names
    path: str  # where requests are posted
    request: type[BaseModel]  # schema of a body
    parse: Callable[[bytes], Any]  # a body to a request; raises `Rejected`
    stages: Sequence[Stage]  # from a request to what is shown
    #: Source to what it makes of a run, or None; the whole answer first, then the
    #: fallbacks, in order of preference; the last one always makes something
    answers: Mapping[str, Source]
    told: Callable[[Answer], dict[str, Any]]  # an answer as JSON has it
    #: What is answered from: name to version, told by `/ready`
    bundle: Callable[[], Mapping[str, Any]]
    deadline_ms: float  # from the first byte of a request to its answer
    #: They run the stages; more than one only where a stage waits for others
    threads: int = 1
    begin: Callable[[], object] = lambda: None  # called by each of them at first
    #: Requests with the same key are answered one after the other
    key: Callable[[Any], Hashable] | None = None
    #: What was answered before, as JSON has it, if it can be told again
    recall: Callable[[Any], dict[str, Any] | None] = lambda request: None
    #: Remember an answer, and call back; that is waited for until the deadline
    keep: Callable[[Answer, Callable[[], object]], None] | None = None
    #: Told to whoever comes when even fallbacks would take too long; by default he is
    #: asked to come again, with a 503
    at_the_door: Mapping[str, Any] | None = None
    #: Path to what an administrator may post there: gets body and `perf_counter` at
    #: receipt, on a thread apart
    changes: Mapping[str, Callable[[bytes, float], dict[str, Any]]] = field(
        default_factory=dict
    )
    labels: tuple[str, ...] = ()  # names in what is told by which answers are counted
    gauges: Gauges = field(default_factory=dict)  # name to meaning and reading
    #: What does not work at the moment, besides the stages
    problems: Callable[[], list[str]] = list
    close: Callable[[], None] = lambda: None  # at the end

    def answer(self, run: Run, request_id: str = "") -> Answer:
        """The best that can be made of a run."""
        for source, make in self.answers.items():
            if (value := make(run)) is not None:
                return Answer(run, source, value, run.why, request_id)
        raise AssertionError(f"the last of {list(self.answers)} must always answer")


@dataclass(slots=True)
class Seat:
    """A request's place among those that were admitted; given back once."""

    desk: Desk
    by_model: bool
    taken: bool = True

    def leave(self) -> None:
        """The next one may come in."""
        if self.taken and self.by_model:
            self.desk.admitted -= 1
        self.taken = False


class Desk:
    """Answers the requests of a service, on the event loop.

    Attributes
    ----------
    pipeline : runs the stages
    allowance : of time for what is not answered by the stages
    in_flight : requests that were begun and are not answered
    admitted : to the model, and not done with it
    lag_s : mean time until the event loop attends to what is ready
    """

    def __init__(self, service: Service, hook: Callable[[str], object] | None) -> None:
        self.service = service
        self.pipeline = Pipeline(
            service.stages,
            service.deadline_ms / 1e3,
            threads=service.threads,
            begin=service.begin,
            hook=hook,
        )
        gauges = {**self._gauges(), **service.gauges}
        self.metrics = RequestMetrics(service.what, service.labels, gauges)
        self.allowance = Allowance()
        self.in_flight = self.admitted = 0
        self._keys: dict[Hashable, asyncio.Future[None]] = {}
        self._told: deque[asyncio.Future[None]] = deque()
        self._watched: asyncio.AbstractEventLoop | None = None
        self._woken = False
        self._called = self.lag_s = 0.0
        self._work_s = WORK_SHARE * service.deadline_ms / 1e3

    def enter(self, received: float) -> Seat | None:
        """What a request may have, decided before it is parsed; None: nothing.

        It counts from here on: of many that come in one moment, each sees those before.
        """
        left_s = received + self._work_s - time.perf_counter()
        if self.admitted:  # else a lag that is over would never be seen to be over
            left_s -= TURNS * self.lag_s
        if self.pipeline.admits(left_s, self.admitted):
            self.admitted += 1
            return Seat(self, by_model=True)
        return Seat(self, by_model=False) if self.allowance.take() else None

    async def answer(
        self, body: bytes, ledger: Ledger, request_id: str, seat: Seat
    ) -> dict[str, Any]:
        """What is told of a request.

        Raises `Rejected` if it cannot be answered, with the reasons.
        """
        self.in_flight += 1
        try:
            request = self.service.parse(body)
            ledger.lap("parse")
            if self.service.key is None:
                return await self._answer(request, ledger, request_id, seat)
            key = self.service.key(request)
            while (other := self._keys.get(key)) is not None:
                await asyncio.wait([other])  # the same is answered one by one
            self._keys[key] = asyncio.get_running_loop().create_future()
            try:
                return await self._answer(request, ledger, request_id, seat)
            finally:
                self._keys.pop(key).set_result(None)
        finally:
            self.in_flight -= 1

    async def _answer(
        self, request: Any, ledger: Ledger, request_id: str, seat: Seat
    ) -> dict[str, Any]:
        if (known := self.service.recall(request)) is not None:
            self.metrics.recalled()
            return known
        run = Run(request, due=ledger.began + self._work_s)
        if seat.by_model:
            await self._run(run)
            ledger.lap("wait", run.laps)
            seat.leave()
        else:
            run.missing["queue"] = "overload"
        if run.refused is not None:
            raise run.refused
        answer = self.service.answer(run, request_id)
        if run.missing:
            ledger.lap("fallback")
        if not seat.by_model:
            self.allowance.spent(ledger.stages["fallback"] / 1e3)
        if self.service.keep is not None:
            await self._kept(answer, ledger)
        told = self.service.told(answer)
        told |= {"source": answer.source, "fallback": answer.fallback}
        self.metrics.answered(told, ledger)
        return told

    async def _run(self, run: Run) -> None:
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        run.tell = lambda run: self._over(waiter)
        self.pipeline.submit(run)
        if self._watched is not loop:
            self._watch(loop)
        await waiter

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """See to it, while there is work, that nobody waits for what is late."""
        self.pipeline.check()
        self._watched = loop if self.pipeline.in_flight else None
        if self._watched:
            loop.call_later(TICK_S, self._watch, loop)

    async def _kept(self, answer: Answer, ledger: Ledger) -> None:
        """Wait until an answer is remembered, but not beyond the deadline."""
        assert self.service.keep is not None
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        left_s = self.service.deadline_ms / 1e3 - ledger.elapsed_ms() / 1e3
        timer = loop.call_later(max(0.0, left_s), _done, waiter)
        self.service.keep(answer, lambda: self._over(waiter))
        await waiter
        timer.cancel()
        ledger.lap("write")

    def _over(self, waiter: asyncio.Future[None]) -> None:
        """On another thread: the loop is woken once for all that are ready."""
        self._told.append(waiter)
        if not self._woken:
            self._woken, self._called = True, time.perf_counter()
            waiter.get_loop().call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._woken = False
        self.lag_s += SMOOTHING * (time.perf_counter() - self._called - self.lag_s)
        while self._told:
            _done(self._told.popleft())

    def _gauges(self) -> dict[str, tuple[str, Callable[[], float]]]:
        told: dict[str, tuple[str, Callable[[], float]]] = {
            "in_flight": ("Begun and not answered", lambda: self.in_flight),
            "service_seconds": (
                "Mean of a request on its thread",
                lambda: self.pipeline.service_s,
            ),
        }
        for name, breaker in self.pipeline.breakers.items():
            told[f"{name}_open"] = ("1 if turned away", partial(_is_open, breaker))
        return told

    def problems(self) -> list[str]:
        """What does not work at the moment; empty when all is well."""
        return self.pipeline.problems() + self.service.problems()

    def close(self) -> None:
        """Finish what was begun, keep all of it, release everything."""
        self.pipeline.close()
        self.service.close()


def _done(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _is_open(breaker: Breaker) -> float:
    return breaker.is_open
