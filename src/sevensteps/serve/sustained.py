"""The highest rate that a service sustains within its latency objective."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from .load import LoadReport, load


@dataclass(frozen=True, eq=False)
class Sustained:
    """The answer, and every rate that was tried on the way."""

    rate: float  # requests per second; 0 if not even the lowest rate held
    slo_ms: float
    tried: tuple[LoadReport, ...]

    def table(self) -> pd.DataFrame:
        """The tries, by rate."""
        return pd.DataFrame([t.row() for t in sorted(self.tried, key=lambda t: t.rate)])


def sustained_rate(
    url: str,
    payloads: Sequence[bytes],
    *,
    api_key: str,
    path: str,
    slo_ms: float = 50.0,
    low: float = 50.0,
    high: float = 1_600.0,
    seconds: float = 4.0,
    steps: int = 6,
    seed: int = 0,
) -> Sustained:
    """Search the highest rate at which p99 stays below the objective.

    Halves the interval between a rate that holds and one that does not, on a
    logarithmic scale. A rate holds if p99 < `slo_ms`, no request failed, the answers
    keep pace with the requests and at most one in a hundred is a fallback's
    or turned away.

    Parameters
    ----------
    payloads : bodies; about `seconds` x `high` x `steps` at worst, each used once
    slo_ms : the objective for p99
    low, high : requests per second; the answer lies between
    seconds : of each try
    steps : tries
    url, api_key, seed, path : see `load`

    Raises
    ------
    ValueError
        if the payloads run out
    """
    if not 0 < low < high or steps < 2:
        raise ValueError(f"need 0 < low < high and steps >= 2; got {low}, {high}")
    tried: list[LoadReport] = []
    holds, fails, rate, used = 0.0, high, low, 0
    for step in range(steps):
        left, luck = payloads[used:], seed + step
        report = load(url, left, rate, seconds, api_key=api_key, seed=luck, path=path)
        tried.append(report)
        used += len(report.latency_ms)
        if within(report, slo_ms):
            holds = rate
        else:
            fails = rate
        if holds == 0 or holds == high:
            break
        rate = high if step == 0 else (holds * fails) ** 0.5
    return Sustained(holds, slo_ms, tuple(tried))


def within(report: LoadReport, slo_ms: float) -> bool:
    """Whether a load test met the objective."""
    keeps_pace = report.achieved > 0.9 * report.offered
    modelled = report.by_fallback + report.shed <= 0.01 * len(report.latency_ms)
    fast = report.p99.estimate < slo_ms
    return fast and keeps_pace and modelled and not report.errors
