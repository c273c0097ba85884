"""How much time may go into answers that are none of the model's."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Allowance:
    """Seconds of the event loop's thread that fallbacks may take.

    In a flood every fallback takes time from the model. So they get a share of it, and
    whoever comes beyond that is turned away before his body is read.

    Parameters
    ----------
    share : of the time that passes
    most_s : that is saved up while nobody falls back
    clock : seconds, monotonic
    spent : seconds of CPU that this thread has used
    """

    share: float = 0.1
    most_s: float = 0.1
    clock: Callable[[], float] = time.perf_counter
    spent: Callable[[], float] = time.thread_time
    _saved_s: float = field(default=0.0, init=False)
    _last: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._saved_s, self._last = self.most_s, self.clock()

    def left(self) -> bool:
        """Whether there is time for another one."""
        now = self.clock()
        earned = self.share * (now - self._last)
        self._saved_s, self._last = min(self.most_s, self._saved_s + earned), now
        return self._saved_s > 0

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Book what the block takes."""
        began = self.spent()
        try:
            yield
        finally:
            self._saved_s -= self.spent() - began
