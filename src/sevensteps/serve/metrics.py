"""What Prometheus is told: time per stage, answers by source and by fallback."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from .stages import Ledger

BUCKETS_S = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)
Gauges = Mapping[str, tuple[str, Callable[[], float]]]  # name: meaning, reading


class RequestMetrics:
    """One service's metrics, in a registry of their own.

    Parameters
    ----------
    what : the service's part of its metrics' names: `sevensteps_<what>_...`
    labels : of the answers, besides source and fallback
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
