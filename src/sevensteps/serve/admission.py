"""How much time may go into answers that are none of the model's."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

WAY_S = 3e-4  # of a request, besides its answer: through the server and back
SMOOTHING = 0.1  # of the mean


@dataclass
class Allowance:
    """Seconds of a core that fallbacks may take while the model has all it can do.

    In a flood every fallback takes time from the model. So they get a share of a core,
    and whoever comes beyond that is turned away before his body is read.
    """

    share: float = 0.05  # of a core
    most_s: float = 0.05  # that is saved up while nobody falls back
    clock: Callable[[], float] = time.perf_counter  # seconds, monotonic
    cost_s: float = 3e-4  # mean seconds of a fallback
    _saved_s: float = field(default=0.0, init=False)
    _last: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._saved_s, self._last = self.most_s, self.clock()

    def take(self) -> bool:
        """Whether there is time for another one; then it is booked at once."""
        now = self.clock()
        earned = self.share * (now - self._last)
        self._saved_s, self._last = min(self.most_s, self._saved_s + earned), now
        if self._saved_s < self.cost_s:
            return False
        self._saved_s -= self.cost_s
        return True

    def spent(self, seconds: float) -> None:
        """Learn what one took."""
        self.cost_s += SMOOTHING * (seconds + WAY_S - self.cost_s)
