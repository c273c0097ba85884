"""What is seen of a change before the labels and with them; how fast models decay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from sevensteps.measure import Interval
from sevensteps.measure.inputs import Floats, probabilities, same_length

BINS = 10
_FLOOR = 0.5  # counts below are lifted to it, so that an empty bin is not infinite


def psi(expected: ArrayLike, observed: ArrayLike) -> float:
    """Population stability index between two sets of counts.

    `expected` and `observed`: (bins,) counts; a count of zero is taken as one half.

    Returns float: 0 for equal shares. Custom reads 0.1 as a shift and 0.25 as a large
    one, whatever the sample: calibrate an alarm on your own clean days instead.

    Source: Siddiqi, Credit Risk Scorecards (2006).

    >>> psi([50, 50], [500, 500])
    0.0
    """
    p, q = (_shares(counts) for counts in (expected, observed))
    same_length(expected=p, observed=q)
    return float(((q - p) * np.log(q / p)).sum())


@dataclass(frozen=True, slots=True)
class DriftReference:
    """How each feature was distributed in days without incident.

    Numbers are cut at the reference's own tenths; a missing value has a bin of its own,
    since a feed that falls silent is drift too.
    """

    names: tuple[str, ...]
    edges: tuple[Floats, ...]
    counts: tuple[NDArray[np.int64], ...]

    @classmethod
    def fit(cls, features: ArrayLike, names: Sequence[str]) -> "DriftReference":
        """Learn from (n, F) clean rows; a ValueError unless each column has a name."""
        values = _matrix(features, len(names))
        if not len(values):
            raise ValueError("there are no rows to learn from")
        edges = tuple(_edges(column) for column in values.T)
        counts = tuple(
            np.bincount(_bins_of(column, cuts), minlength=len(cuts) + 2)
            for column, cuts in zip(values.T, edges, strict=True)
        )
        return cls(tuple(names), edges, counts)

    def psi_by_day(self, features: ArrayLike, day: ArrayLike) -> pd.DataFrame:
        """Drift of (n, F) rows by their (n,) days: one row a day, one column a feature.

        Raises a ValueError for another number of columns, or of days.
        """
        values, days = _matrix(features, len(self.names)), np.asarray(day)
        same_length(features=values, day=days)
        found, row = np.unique(days, return_inverse=True)
        table = {}
        learnt = zip(self.names, values.T, self.edges, self.counts, strict=True)
        for name, column, edges, counts in learnt:
            cell = row * len(counts) + _bins_of(column, edges)
            today = np.bincount(cell, minlength=len(found) * len(counts))
            table[name] = [psi(counts, c) for c in today.reshape(-1, len(counts))]
        return pd.DataFrame(table, index=pd.Index(found, name="day"))


def _matrix(features: ArrayLike, width: int) -> Floats:
    values = np.asarray(features, np.float64)
    if values.ndim != 2 or values.shape[1] != width:
        raise ValueError(f"need a matrix of {width} columns, got shape {values.shape}")
    return values


def _edges(column: Floats) -> Floats:
    """Inner cuts at quantiles; a value that is many quantiles keeps its own bin."""
    sample = np.sort(column[~np.isnan(column)])
    if not len(sample):
        return np.empty(0)
    cuts = np.unique(np.quantile(sample, np.arange(1, BINS) / BINS, method="lower"))
    if len(cuts) == BINS - 1:
        return cuts
    return np.unique(np.r_[cuts, np.nextafter(cuts, np.inf)])


def _bins_of(column: Floats, edges: Floats) -> NDArray[np.int64]:
    """The bin of each value; the last bin is that of missing values."""
    at = np.searchsorted(edges, column, side="right")
    at[np.isnan(column)] = len(edges) + 1
    return at


def _shares(counts: ArrayLike) -> Floats:
    values = np.asarray(counts, np.float64)
    if values.ndim != 1 or not len(values) or (values < 0).any() or not values.sum():
        raise ValueError("counts must be a row of numbers >= 0, not all zero")
    lifted = np.maximum(values, _FLOOR)
    return np.asarray(lifted / lifted.sum())


WINDOW = 7  # days over which reports are counted
_LEVEL = 3.841  # chi-square, one degree of freedom, 95 %
_FASTEST = float(np.log(2) / 0.25)  # a quarter of a day


def expected_by_day(p: ArrayLike, day: ArrayLike) -> pd.Series:
    """Positives expected on each day, from calibrated probabilities alone.

    It holds as long as calibration does: a new kind of positive that the model scores
    low is invisible here, which is why labels are watched as well.

    Parameters
    ----------
    p : (n,) float            calibrated probability of being positive
    day : (n,) int

    Source: confidence-based performance estimation; Guerin et al.,
    "Estimating model performance without ground truth" (NannyML, 2023).
    """
    each, days = probabilities("p", p), np.asarray(day)
    same_length(p=each, day=days)
    return pd.Series(each).groupby(pd.Index(days, name="day")).sum()


def reports_by_day(reported_day: ArrayLike, days: ArrayLike) -> pd.Series:
    """Labels that came in during the seven days up to each of `days`.

    The only monitor that sees truth, as late as the labels: day d counts reports of
    days d - 6 to d, whenever what they are about happened.
    """
    reported, at = np.sort(np.asarray(reported_day)), np.asarray(days)
    until = np.searchsorted(reported, at, "right")
    since = np.searchsorted(reported, at - WINDOW, "right")
    return pd.Series(until - since, pd.Index(at, name="day"))


def half_life(day: ArrayLike, n_cases: ArrayLike, n_caught: ArrayLike) -> Interval:
    """Days in which recall halves, if it falls as r * 2^(-day / h).

    Parameters
    ----------
    day : (n,) float          days since the model was frozen
    n_cases : (n,) int        positives of that day
    n_caught : (n,) int       of them, caught

    Returns Interval: maximum likelihood (binomial) with the 95 % profile likelihood
    interval; `high` is infinite when no decay at all is compatible, and so may the
    estimate be.
    """
    t, n, k = (np.asarray(a, np.float64) for a in (day, n_cases, n_caught))
    _check(t, n, k)
    t = t - t.min()

    def profile(rate: float) -> float:
        return _loglikelihood(rate, t, n, k)

    grid = np.r_[0.0, np.geomspace(1e-3 / t.max(), _FASTEST, 40)]
    best = int(np.argmax([profile(r) for r in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(
        lambda r: -profile(r), bounds=(low, high), method="bounded"
    )
    rate = max((float(found.x), float(grid[best])), key=profile)
    cut = profile(rate) - _LEVEL / 2
    slowest, fastest = (_edge(profile, rate, end, cut) for end in (0.0, _FASTEST))
    return Interval(_days(rate), _days(fastest), _days(slowest))


def _edge(
    profile: Callable[[float], float], rate: float, end: float, cut: float
) -> float:
    """Where the profile falls to `cut` between the best rate and an end."""
    if rate == end or profile(end) >= cut:
        return end
    return float(optimize.brentq(lambda r: profile(r) - cut, rate, end))


def _days(rate: float) -> float:
    return float(np.log(2) / rate) if rate > 0 else float("inf")


def _loglikelihood(rate: float, t: Floats, n: Floats, k: Floats) -> float:
    """The best start level's log-likelihood for a decay rate."""
    shape = np.exp(-rate * t)

    def slope(log_r: float) -> float:
        p = np.exp(log_r) * shape
        return float((k - (n - k) * p / (1 - p)).sum())

    lowest, highest = -30.0, -1e-9
    if slope(highest) > 0:
        log_r = highest
    else:
        log_r = float(optimize.brentq(slope, lowest, highest))
    p = np.clip(np.exp(log_r) * shape, 1e-300, 1 - 1e-12)
    return float((k * np.log(p) + (n - k) * np.log1p(-p)).sum())


def _check(t: Floats, n: Floats, k: Floats) -> None:
    same_length(day=t, n_cases=n, n_caught=k)
    if len(np.unique(t)) < 2:
        raise ValueError("need at least two different days to see a decay")
    bad = np.flatnonzero(~((k >= 0) & (k <= n)))
    if len(bad):
        raise ValueError(f"row {bad[0]}: caught {k[bad[0]]:g} of {n[bad[0]]:g} cases")
    if not k.sum():
        raise ValueError("nothing was caught on any day: there is no recall to decay")
