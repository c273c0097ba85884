"""A dependency behind a bulkhead: threads of its own, a budget, a circuit breaker.

If it hangs, it hangs its own threads. Whoever waits goes on without it when its budget
is over; after a few failures in a row it is not asked at all for a while.

Source: bulkheads and circuit breakers, M. Nygard, "Release It!", 2nd edition (2018).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from .breaker import Breaker

T = TypeVar("T")


class Unavailable(Exception):
    """No answer in time; `reason` says whose fault it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class _Call:
    """One piece of work; `began` tells a deadline whether it still waits."""

    work: Callable[[], object]
    began: float | None = None
    ms: float = 0.0

    def __call__(self) -> object:
        self.began = time.perf_counter()
        try:
            return self.work()
        finally:
            self.ms = self.elapsed_ms()

    def elapsed_ms(self) -> float:
        """Since it was begun; 0 if it waits or is done."""
        running = self.began is not None and not self.ms
        return (time.perf_counter() - (self.began or 0)) * 1e3 if running else 0.0


@dataclass
class Guard:
    """Calls one dependency.

    Parameters
    ----------
    name : in the reasons: `<name>_late`, `<name>_down`, `<name>_<error>`
    budget_ms : that an answer may take
    threads : that work for it, and that it may block
    begin : called by each of these threads before its first work
    """

    name: str
    budget_ms: float
    threads: int = 2
    begin: Callable[[], object] | None = None
    breaker: Breaker = field(default_factory=Breaker)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads, self.name, self.begin)
        self._late_calls: list[_Call] = []

    async def call(self, left_ms: float, work: Callable[[], T]) -> tuple[T, float]:
        """The answer, and the milliseconds that it took by itself.

        Parameters
        ----------
        left_ms : what the request has left; the budget, if that is less

        Raises
        ------
        Unavailable           if it is down, fails or is late
        """
        if not self.breaker.allows():
            raise Unavailable(f"{self.name}_down")
        call, loop = _Call(work), asyncio.get_running_loop()
        budget_s = max(0.0, min(self.budget_ms, left_ms)) / 1e3
        try:
            async with asyncio.timeout(budget_s):
                made = await loop.run_in_executor(self._pool, call)
        except TimeoutError:
            raise self._late(call) from None
        except Exception as error:
            self.breaker.failed()
            raise Unavailable(f"{self.name}_{type(error).__name__}") from error
        self.breaker.succeeded()
        return made, call.ms  # type: ignore[return-value]

    def _late(self, call: _Call) -> Unavailable:
        """It failed if it was late by itself, or hangs; not for want of time."""
        self._late_calls = [c for c in self._late_calls if c.elapsed_ms()]
        long = [c for c in self._late_calls if c.elapsed_ms() >= self.budget_ms]
        hangs = len(long) >= self.threads
        if call.began is None and not hangs:
            return Unavailable("overload")
        if call.began is not None and not call.ms:
            self._late_calls.append(call)
        if hangs or call.elapsed_ms() >= self.budget_ms / 2:
            self.breaker.failed()
        return Unavailable(f"{self.name}_late")

    def close(self) -> None:
        """Finish what was begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)
