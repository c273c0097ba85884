"""What a service does with a request: plain functions in a row.

Each gets the run and may use what those before it made. The same functions run offline,
by `through`, and served, by a `Pipeline`: what is measured is what is served.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .requests import Rejected


@dataclass(frozen=True, slots=True)
class Stage:
    """One step.

    Attributes
    ----------
    work : of the run; what it returns is kept as `run.made[name]`. `Rejected` refuses
        the request; anything else that it raises is the stage's failure
    share : of the deadline, that it may take by itself
    required : whether nothing after it makes sense without it
    ends : whether the run ends here if anything was made (a cache)
    """

    name: str
    work: Callable[[Run], Any]
    share: float = 1.0
    required: bool = True
    ends: bool = False


@dataclass(eq=False, slots=True)
class Run:
    """A request on its way through the stages.

    Attributes
    ----------
    due : by the pipeline's clock, when the work on it ends, finished or not
    made : what each stage returned
    missing : stage, or `queue`, to the reason why it has made nothing
    laps : milliseconds of each stage
    refused : why the request cannot be answered at all
    step, turn, came, began, limit : the pipeline's own notes
    """

    request: Any
    due: float = math.inf
    tell: Callable[[Run], object] = lambda run: None
    made: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    laps: dict[str, float] = field(default_factory=dict)
    refused: Rejected | None = None
    step: int = 0
    turn: int = 0
    came: float = 0.0
    began: float = 0.0
    limit: float = math.inf

    @property
    def why(self) -> str | None:
        """The first reason why something is missing."""
        return next(iter(self.missing.values()), None)


def through(stages: Sequence[Stage], request: Any) -> Run:
    """All stages in a row, without clock or threads; what fails is raised."""
    run = Run(request)
    for stage in stages:
        run.made[stage.name] = stage.work(run)
        if stage.ends and run.made[stage.name] is not None:
            break
    return run


class Ledger:
    """Where a request's milliseconds went, counted from its first byte."""

    def __init__(self, began: float) -> None:
        self.began = self._last = began
        self.stages: dict[str, float] = {}

    def lap(self, stage: str, elsewhere: dict[str, float] | None = None) -> None:
        """Book the time since the last lap to a stage, and what it says to others."""
        now = time.perf_counter()
        told = elsewhere or {}
        spent = (now - self._last) * 1e3 - math.fsum(told.values())
        self.stages |= {stage: max(0.0, spent), **told}
        self._last = now

    def elapsed_ms(self) -> float:
        """Milliseconds since the request was received."""
        return (time.perf_counter() - self.began) * 1e3
