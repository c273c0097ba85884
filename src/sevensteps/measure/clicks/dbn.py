"""The dynamic Bayesian click model of people who tire, by expectation maximisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sevensteps.measure.clicks.em import accelerated
from sevensteps.measure.clicks.log import ClickLog, Codes
from sevensteps.measure.clicks.models import (
    DynamicBayesian,
    fit_simplified_dbn,
    smoothed,
)
from sevensteps.measure.clicks.targets import Evidence, naive_evidence
from sevensteps.measure.inputs import Bools, Floats, Ints, at_least


def fit_dbn(
    log: ClickLog,
    continuation: float | None = None,
    *,
    steps: int = 30,
    strength: float = 1.0,
) -> DynamicBayesian:
    """Attraction, satisfaction and continuation by expectation and maximisation.

    What stands at or above the last click was looked at. Below it, a step weighs how
    likely the shopper was satisfied, tired, or went on and found nothing. It starts
    from the simplified model.

    Parameters
    ----------
    continuation : float      keep it at this value in (0, 1]; fitted when absent
    steps : int               expectation steps at most
    strength : float          exposures that the simplified model counts as, for pairs
                              with little evidence

    Source: Chapelle and Zhang, "A dynamic Bayesian network click model for web search
    ranking", WWW (2009), appendix.
    """
    at_least("steps", steps, 1)
    if continuation is not None and not 0 < continuation <= 1:
        raise ValueError(f"`continuation` must lie in (0, 1], not {continuation}")
    simple = fit_simplified_dbn(log, strength=strength)
    m = len(log.pairs)
    expect = _Expectation.over(log, continuation, strength)
    go_on = 0.9 if continuation is None else continuation
    start = np.concatenate([[go_on], simple.attractiveness, simple.satisfaction])
    x = accelerated(expect.step, start, steps, watch=len(start), tolerance=1e-3)
    fitted = float(x[0]) if continuation is None else continuation
    return DynamicBayesian(log.pairs, x[1 : m + 1], x[m + 1 :], fitted)


@dataclass(frozen=True, slots=True, eq=False)
class _Expectation:
    """A log turned on its side: each place is one piece of memory."""

    log: ClickLog
    pair: Codes
    filled: Bools
    last: Ints
    clicks: Floats
    continuation: float | None
    strength: float

    @classmethod
    def over(
        cls, log: ClickLog, continuation: float | None, strength: float
    ) -> _Expectation:
        """Keep what no step changes."""
        clicks = naive_evidence(log).clicks
        below = log.clicked[:, ::-1].argmax(axis=1)
        last = np.where(log.clicked.any(axis=1), log.n_places - 1 - below, -1)
        pair = np.where(log.filled, log.pair, len(log.pairs))  # empty: pulls nobody
        return cls(
            log,
            np.ascontiguousarray(pair.T, np.int32),
            np.ascontiguousarray(log.filled.T),
            last,
            clicks,
            continuation,
            strength,
        )

    def step(self, x: Floats) -> Floats:
        """Continuation, attractions and satisfactions, all counted anew."""
        m, pairs = len(self.clicks), self.log.pairs
        go_on = float(x[0]) if self.continuation is None else self.continuation
        pull, end = np.append(x[1 : m + 1], 0), np.append(x[m + 1 :], 0)
        quiet = self._quiet(pull, go_on)
        satisfied, next_look = self._after_last_click(end, quiet, go_on)
        seen, tried, went = np.zeros(m + 1), 0.0, 0.0
        looked = np.ones(len(self.last))
        for j in range(len(self.pair)):
            seen += np.bincount(self.pair[j], looked, m + 1)
            if j + 1 == len(self.pair):
                break
            at, below = self.last == j, self.last < j
            tries = np.where(at, 1 - satisfied, looked)
            on = go_on * quiet[j + 1]
            looked = np.where(below, looked * on / (1 - go_on + on), 1.0)
            looked[at] = next_look[at]
            tried += tries @ self.filled[j + 1]
            went += looked @ self.filled[j + 1]
        final = self.pair[self.last, np.arange(len(self.last))]
        held = np.bincount(final, satisfied, m + 1).astype(np.float64)
        new_pull = smoothed(Evidence(pairs, self.clicks, seen[:m]), self.strength)
        new_end = smoothed(Evidence(pairs, held[:m], self.clicks), self.strength)
        return np.concatenate([[went / tried], new_pull, new_end])

    def _quiet(self, pull: Floats, go_on: float) -> Floats:
        """(k + 1, n) probability of no click from a place on, if it is looked at."""
        k, n = self.pair.shape
        quiet = np.ones((k + 1, n))
        for j in range(k - 1, -1, -1):
            quiet[j] = (1 - pull[self.pair[j]]) * (1 - go_on + go_on * quiet[j + 1])
        return quiet

    def _after_last_click(
        self, end: Floats, quiet: Floats, go_on: float
    ) -> tuple[Floats, Floats]:
        """(n,) chances that the last click satisfied and the next place was seen."""
        row = np.arange(len(self.last))
        s = np.where(self.last >= 0, end[self.pair[self.last, row]], 0)
        on = (1 - s) * go_on * quiet[self.last + 1, row]
        silent = s + (1 - s) * (1 - go_on) + on
        return s / silent, on / silent
