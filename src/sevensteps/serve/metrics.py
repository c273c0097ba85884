"""What Prometheus is told: time per stage, answers by source and by fallback."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from .ledger import Ledger

BUCKETS_S = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)
Gauges = Mapping[str, tuple[str, Callable[[], float]]]


class RequestMetrics:
    """One service's metrics, in a registry of their own.

    Parameters
    ----------
    what : the service's part of its metrics' names: `sevensteps_<what>_...`
    labels : of the answers, besides source and fallback
    """

    def __init__(self, what: str, labels: tuple[str, ...] = ()) -> None:
        self.registry, self._what = CollectorRegistry(), what
        self._labels = ("source", "fallback", *labels)
        self._answers = self._counter("answers", "Answers", self._labels)
        self._rejected = self._counter("rejected", "Refused", ("status", "error"))
        self._recalled = self._counter("recalled", "Answered from memory", ())
        self._shed = self._counter("shed", "Turned away at the door", ())
        stages = Histogram(
            f"sevensteps_{what}_stage_seconds",
            "Time per stage",
            ["stage"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._stage = cache(stages.labels)
        self._answer = cache(self._answers.labels)

    def answered(self, told: Mapping[str, Any], ledger: Ledger) -> None:
        """Count an answer and book its milliseconds, by stage and in total."""
        self._answer(*(str(told[n] or "none") for n in self._labels)).inc()
        for stage, ms in ledger.stages.items():
            self._stage(stage).observe(ms / 1e3)
        self._stage("total").observe(ledger.elapsed_ms() / 1e3)

    def recalled(self) -> None:
        """Count an answer that was given before."""
        self._recalled.inc()

    def rejected(self, status: int, error: str) -> None:
        """Count a refusal."""
        self._rejected.labels(str(status), error).inc()

    def shed(self) -> None:
        """Count whoever was turned away."""
        self._shed.inc()

    def gauges(self, readings: Gauges) -> None:
        """Add gauges that look at the service when they are read."""
        for name, (meaning, read) in readings.items():
            told = f"sevensteps_{self._what}_{name}"
            Gauge(told, meaning, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> Counter:
        told = f"sevensteps_{self._what}_{name}"
        return Counter(told, meaning, labels, registry=self.registry)
