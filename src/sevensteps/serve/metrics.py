"""What Prometheus is told: time per stage, decisions by action and by fallback."""

from collections.abc import Callable, Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

BUCKETS_S = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)


class RequestMetrics:
    """What every service tells, in a registry of its own: refusals, time per stage.

    Parameters
    ----------
    what : the service's part of its metrics' names: `sevensteps_<what>_...`
    """

    def __init__(self, what: str) -> None:
        self.registry, self._what = CollectorRegistry(), what
        self._rejected = Counter(
            f"sevensteps_{what}_requests_rejected",
            "Requests refused, by status and error",
            ["status", "error"],
            registry=self.registry,
        )
        self._stages = Histogram(
            f"sevensteps_{what}_stage_seconds",
            "Time per stage",
            ["stage"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._stage = cache(self._stages.labels)

    def timed(self, stages: Mapping[str, float], elapsed_ms: float) -> None:
        """Book an answer's milliseconds, by stage and in total."""
        for stage, ms in [*stages.items(), ("total", elapsed_ms)]:
            self._stage(stage).observe(max(ms, 0) / 1e3)

    def rejected(self, status: int, error: str) -> None:
        """Count a refusal."""
        self._rejected.labels(str(status), error).inc()

    def gauges(self, readings: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        """Add gauges that look at the service when they are read."""
        for name, (meaning, read) in readings.items():
            told = f"sevensteps_{self._what}_{name}"
            Gauge(told, meaning, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)
