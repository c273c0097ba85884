"""Where a request's milliseconds went."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ledger:
    """Where a request's milliseconds went, stage by stage."""

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

    def elapsed_ms(self) -> float:
        """Milliseconds since the request came in."""
        return (time.perf_counter() - self.began) * 1e3
