"""What a service does with a request: functions in a row, and what is booked of it.

Each gets the run and may use what those before it made. The same functions run offline,
by `through`, and served, by a `Pipeline`: what is measured is what is served.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from .requests import Rejected


@dataclass(frozen=True, slots=True)
class Stage:
    """One step."""

    name: str
    #: Gets the run; what it returns is kept as `run.made[name]`. `Rejected` refuses the
    #: request; anything else that it raises is the stage's failure
    work: Callable[[Run], Any]
    share: float = 1.0  # of the deadline, that it may take by itself
    required: bool = True  # whether nothing after it makes sense without it
    ends: bool = False  # whether the run ends here if anything was made (a cache)


@dataclass(eq=False, slots=True)
class Run:
    """A request on its way through the stages."""

    request: Any
    #: By the pipeline's clock, when the work on it ends, finished or not
    due: float = math.inf
    tell: Callable[[Run], object] = lambda run: None
    made: dict[str, Any] = field(default_factory=dict)  # what each stage returned
    #: Stage, or `queue`, to the reason why it has made nothing
    missing: dict[str, str] = field(default_factory=dict)
    laps: dict[str, float] = field(default_factory=dict)  # milliseconds of each stage
    refused: Rejected | None = None  # why the request cannot be answered at all
    step: int = 0  # step, turn, came, began, limit: the pipeline's own notes
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


BUCKETS_S = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)
Gauges = Mapping[str, tuple[str, Callable[[], float]]]  # name: meaning, reading


class RequestMetrics:
    """One service's metrics, in a registry of their own.

    Their names are `sevensteps_<what>_...`; answers have `labels` besides source and
    fallback.
    """

    def __init__(self, what: str, labels: tuple[str, ...], gauges: Gauges) -> None:
        self._registry = CollectorRegistry()
        self._labels = ("source", "fallback", *labels)

        def made(
            kind: Any, name: str, meaning: str, labels: Any = (), **how: Any
        ) -> Any:
            told = f"sevensteps_{what}_{name}"
            return kind(told, meaning, labels, registry=self._registry, **how)

        seconds, refused = "Time per stage", ("status", "error")
        stages = made(Histogram, "stage_seconds", seconds, ["stage"], buckets=BUCKETS_S)
        self._stage = cache(stages.labels)
        self._answer = cache(made(Counter, "answers", "Answers", self._labels).labels)
        self._rejected = made(Counter, "rejected", "Refused", refused)
        self.recalled = made(Counter, "recalled", "Answered from memory").inc
        self.shed = made(Counter, "shed", "Turned away at the door").inc
        for name, (meaning, read) in gauges.items():
            made(Gauge, name, meaning).set_function(read)

    def answered(self, told: Mapping[str, Any], ledger: Ledger) -> None:
        """Count an answer and book its milliseconds, by stage and in total."""
        self._answer(*(str(told[n] or "none") for n in self._labels)).inc()
        for stage, ms in ledger.stages.items():
            self._stage(stage).observe(ms / 1e3)
        self._stage("total").observe(ledger.elapsed_ms() / 1e3)

    def rejected(self, status: int, error: str) -> None:
        """Count a refusal."""
        self._rejected.labels(str(status), error).inc()

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)


T = TypeVar("T")


@dataclass
class Remembered(Generic[T]):
    """What was found, until it is old, of another version, or longest unused.

    For any number of threads.

    >>> kept = Remembered(size=1)
    >>> kept.put("sofa", 1, [7, 8])
    >>> kept.get("sofa", 1), kept.get("sofa", 2), kept.hits, kept.misses
    ([7, 8], None, 1, 1)
    """

    size: int  # entries; 0 keeps none
    keeps_s: float = 60.0  # seconds that one is believed
    clock: Callable[[], float] = time.monotonic  # seconds, monotonic
    hits: int = 0
    misses: int = 0
    _kept: OrderedDict[Hashable, tuple[int, float, T]] = field(
        default_factory=OrderedDict, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, version: int) -> T | None:
        """What was found with that version, if it is still believed."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != version or kept[1] < self.clock():
                self._kept.pop(key, None)
                self.misses += 1
                return None
            self._kept.move_to_end(key)
            self.hits += 1
            return kept[2]

    def put(self, key: Hashable, version: int, found: T) -> None:
        """Keep what was found; what was longest unused goes."""
        if self.size <= 0:
            return
        with self._lock:
            self._kept[key] = version, self.clock() + self.keeps_s, found
            self._kept.move_to_end(key)
            if len(self._kept) > self.size:
                self._kept.popitem(last=False)
