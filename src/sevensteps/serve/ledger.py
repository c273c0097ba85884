"""Where a request's milliseconds went."""

import math
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ledger:
    """A request's milliseconds, stage by stage.

    Attributes
    ----------
    began : by `time.perf_counter`, when the first byte of the request was received
    """

    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    last: float = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.began

    def lap(self, stage: str) -> None:
        """Book the time since the last lap to a stage."""
        now = time.perf_counter()
        self.stages[stage] = (now - self.last) * 1e3
        self.last = now

    def add(self, laps: dict[str, float]) -> None:
        """Book the time since the last lap to stages elsewhere, the rest to `wait`."""
        self.lap("wait")
        self.stages["wait"] = max(0.0, self.stages["wait"] - math.fsum(laps.values()))
        self.stages |= laps

    def elapsed_ms(self) -> float:
        """Milliseconds since the request was received."""
        return (time.perf_counter() - self.began) * 1e3
