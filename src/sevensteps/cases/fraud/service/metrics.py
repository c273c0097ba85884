"""What Prometheus is told: time per stage, decisions by action and by fallback."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from sevensteps.serve.metrics import BUCKETS_S

if TYPE_CHECKING:
    from .decide import Answer, Decider


class Metrics:
    """One service's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._stages = Histogram(
            "sevensteps_stage_seconds",
            "Time per stage of a decision",
            ["stage"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._decisions = Counter(
            "sevensteps_decisions",
            "Decisions by action, source and reason of the fallback",
            ["action", "source", "fallback"],
            registry=registry,
        )
        self._replayed = Counter(
            "sevensteps_replayed", "Retries answered from memory", registry=registry
        )
        self._rejected = Counter(
            "sevensteps_rejected",
            "Requests refused, by status and error",
            ["status", "error"],
            registry=registry,
        )

        self._stage = cache(self._stages.labels)

    def answered(self, answer: "Answer") -> None:
        """Count a decision and book its stages."""
        if answer.replayed:
            self._replayed.inc()
            return
        decision = answer.decision
        self._decisions.labels(
            decision.action, decision.source, decision.fallback or "none"
        ).inc()
        for stage, ms in answer.ledger.stages.items():
            self._stage(stage).observe(ms / 1e3)
        self._stage("total").observe(answer.ledger.elapsed_ms() / 1e3)

    def rejected(self, status: int, error: str) -> None:
        """Count a refusal."""
        self._rejected.labels(str(status), error).inc()

    def watch(self, decider: "Decider") -> None:
        """Add gauges that look at a service when they are read."""
        journal, breakers = decider.journal, decider.scorer.breakers
        readings: dict[str, tuple[str, Callable[[], float]]] = {
            "pending_events": ("Not in the store yet", lambda: journal.pending_events),
            "pending_lines": ("Not in the log yet", lambda: journal.pending_lines),
            "dropped": ("Lost from a full backlog", lambda: journal.dropped),
            "log_healthy": ("1 if lines arrive", lambda: journal.problem is None),
            "in_flight": ("Being decided", lambda: len(decider.in_flight)),
            "store_open": ("1 if turned away", lambda: breakers["store"].is_open),
            "model_open": ("1 if turned away", lambda: breakers["model"].is_open),
        }
        for name, (meaning, read) in readings.items():
            gauge = Gauge(f"sevensteps_{name}", meaning, registry=self._registry)
            gauge.set_function(read)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)
