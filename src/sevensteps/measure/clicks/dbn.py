"""The dynamic Bayesian click model: closed form, and by expectation maximisation.

Fit on one part of a log and test on another (`log.where`): both number the pairs alike.
Pairs without evidence take the mean of all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..inputs import Floats, at_least
from .log import ClickLog, Pairs, examined_evidence

_EDGE = 1e-9  # probabilities keep this far from 0 and 1
_TINY = 1e-300  # products of many of them, from 0
_REST = 1e-3  # a step that moves none of them further is the last


@dataclass(frozen=True, slots=True, eq=False)
class DynamicBayesian:
    """Read from the top; after each result go on, or stop when satisfied or tired.

    With a continuation of 1 it is the simplified model; if also every click satisfies,
    the cascade.
    """

    pairs: Pairs
    attractiveness: Floats  # (m,) probability of a click on what is looked at
    satisfaction: Floats  # (m,) probability that a click ends the search
    continuation: float = 1.0  # probability of going on if not satisfied

    @property
    def relevance(self) -> Floats:
        """(m,) attractiveness times satisfaction."""
        return np.asarray(self.attractiveness * self.satisfaction)

    def click_probability(self, log: ClickLog) -> Floats:
        """(n, k) probabilities, from the top down."""
        pull = _drawn(self.attractiveness, self, log)
        end = _drawn(self.satisfaction, self, log)
        looks, clicks = np.ones(len(log)), np.empty(log.pair.shape)
        for j in range(log.n_places):
            clicks[:, j] = looks * pull[:, j]
            looks = looks * (1 - pull[:, j] * end[:, j]) * self.continuation
        return clicks


def _drawn(values: Floats, model: DynamicBayesian, log: ClickLog) -> Floats:
    """(n, k) a pair's parameter at each cell; 0 where nothing was shown."""
    if not all(map(np.array_equal, model.pairs, log.pairs)):
        raise ValueError(
            "the model was fitted on another log: make one log, and fit and test on "
            "its parts with `log.where`"
        )
    return np.append(values, 0.0)[log.pair]


def fit_simplified_dbn(log: ClickLog, *, strength: float = 1.0) -> DynamicBayesian:
    """The dynamic Bayesian model of people who never tire. Closed form.

    All above the last click was looked at, and the last click is taken to have
    satisfied. Some did not: those people read on in vain, and what they passed over is
    not counted. Attraction and satisfaction come out somewhat too high, about evenly
    for all places; `fit_dbn(log, 1.0)` mends it, at the price of iterations.

    Source: Chapelle and Zhang, "A dynamic Bayesian network click model for web search
    ranking", WWW (2009), algorithm 1.
    """
    at_least("strength", strength, 0)
    seen = examined_evidence(log)
    after = np.cumsum(log.clicked[:, ::-1], axis=1)[:, ::-1]
    last = log.count(log.clicked & (after == 1))
    return DynamicBayesian(
        log.pairs,
        _smoothed(seen.clicks, seen.exposure, strength),
        _smoothed(last, seen.clicks, strength),
    )


def _smoothed(clicks: Floats, exposure: Floats, strength: float) -> Floats:
    """(m,) rates in [0, 1], with the mean of all counted `strength` times."""
    mean = clicks.sum() / max(exposure.sum(), _TINY)
    held, got = exposure + strength, clicks + strength * mean
    rate = np.divide(got, held, out=np.full(len(held), mean), where=held > 0)
    return np.clip(rate, 0.0, 1.0)


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
    simple, m = fit_simplified_dbn(log, strength=strength), log.n_pairs
    expect = _Expectation(log, continuation, strength)
    go_on = 0.9 if continuation is None else continuation
    start = np.concatenate([[go_on], simple.attractiveness, simple.satisfaction])
    x = _accelerated(expect.step, start, steps)
    fitted = float(x[0]) if continuation is None else continuation
    return DynamicBayesian(log.pairs, x[1 : m + 1], x[m + 1 :], fitted)


class _Expectation:
    """A log turned on its side, each place one piece of memory; no step changes it."""

    def __init__(
        self, log: ClickLog, continuation: float | None, strength: float
    ) -> None:
        self.continuation, self.strength = continuation, strength
        self.clicks = log.count(log.clicked)
        below = log.clicked[:, ::-1].argmax(axis=1)
        self.last = np.where(log.clicked.any(axis=1), log.n_places - 1 - below, -1)
        pair = np.where(log.filled, log.pair, log.n_pairs)  # empty: pulls nobody
        self.pair = np.ascontiguousarray(pair.T, np.int32)
        self.filled = np.ascontiguousarray(log.filled.T)

    def step(self, x: Floats) -> Floats:
        """Continuation, attractions and satisfactions, all counted anew."""
        m = len(self.clicks)
        go_on = float(x[0]) if self.continuation is None else self.continuation
        sure = np.clip(x, _EDGE, 1 - _EDGE)  # nothing is impossible: no 0 / 0
        pull, end = np.append(sure[1 : m + 1], 0), np.append(sure[m + 1 :], 0)
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
            looked = np.where(
                below, looked * on / np.maximum(1 - go_on + on, _TINY), 1.0
            )
            looked[at] = next_look[at]
            tried += tries @ self.filled[j + 1]
            went += looked @ self.filled[j + 1]
        final = self.pair[self.last, np.arange(len(self.last))]
        held = np.bincount(final, satisfied, m + 1).astype(np.float64)
        new_pull = _smoothed(self.clicks, seen[:m], self.strength)
        new_end = _smoothed(held[:m], self.clicks, self.strength)
        rate = went / tried if tried > 0 else go_on
        return np.concatenate([[rate], new_pull, new_end])

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
        silent = np.maximum(silent, _TINY)
        return s / silent, on / silent


def _accelerated(step: Callable[[Floats], Floats], x: Floats, steps: int) -> Floats:
    """Repeat a step of probabilities until they rest.

    Two steps tell the direction and the speed; the third goes as far as they promise.
    """
    for _ in range(max(1, steps // 3)):
        one = step(x)
        two = step(one)
        first, bend = one - x, two - 2 * one + x
        length = np.sqrt((first @ first) / max(float(bend @ bend), _TINY))
        reach = x + 2 * length * first + length**2 * bend if length > 1 else two
        new = step(np.clip(reach, _EDGE, 1 - _EDGE))
        moved = np.abs(new - x).max()
        x = new
        if moved < _REST:
            break
    return x
