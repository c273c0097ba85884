"""Whether a load test met its objective."""

from .load import LoadReport


def within(report: LoadReport, slo_ms: float) -> bool:
    """Whether a load test met the objective."""
    keeps_pace = report.achieved > 0.9 * report.offered
    modelled = report.by_fallback + report.shed <= 0.01 * len(report.latency_ms)
    fast = report.p99.estimate < slo_ms
    return fast and keeps_pace and modelled and not report.errors
