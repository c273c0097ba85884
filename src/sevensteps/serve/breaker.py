"""A circuit breaker: a dead dependency costs microseconds, not every deadline."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Breaker:
    """Opens after some failures in a row; then lets one trial through now and then.

    >>> breaker = Breaker(failures_to_open=1, clock=lambda: 0.0)
    >>> breaker.failed()
    >>> breaker.allows()
    False

    Source: M. Nygard, "Release It!", 2nd edition (2018), chapter 5.
    """

    failures_to_open: int = 3  # failures in a row
    #: Seconds between trials while open; doubles with each failed trial
    retry_s: float = 0.25
    longest_s: float = 4.0  # and grows no further than this
    clock: Callable[[], float] = time.monotonic  # seconds, monotonic
    _failures: int = field(default=0, init=False)
    _wait: float = field(default=0.0, init=False)
    _next_trial: float = field(default=0.0, init=False)

    @property
    def is_open(self) -> bool:
        """Whether calls are being turned away."""
        return self._failures >= self.failures_to_open

    def allows(self) -> bool:
        """Whether to call now; while open, True once per waiting time."""
        if not self.is_open:
            return True
        now = self.clock()
        if now < self._next_trial:
            return False
        self._next_trial = now + self._wait
        return True

    def failed(self) -> None:
        """The call failed or came too late."""
        self._failures += 1
        if self.is_open:
            self._wait = min(self.longest_s, 2 * self._wait or self.retry_s)
            self._next_trial = self.clock() + self._wait

    def succeeded(self) -> None:
        """The call came back in time: close."""
        self._failures, self._wait = 0, 0.0
