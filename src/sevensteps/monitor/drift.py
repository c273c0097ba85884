"""Has a feature's distribution moved? The population stability index, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sevensteps.measure.inputs import Floats, same_length

BINS = 10
_FLOOR = 0.5  # counts below are lifted to it, so that an empty bin is not infinite


def psi(expected: ArrayLike, observed: ArrayLike) -> float:
    """Population stability index between two sets of counts.

    Parameters
    ----------
    expected, observed : (bins,) counts; a count of zero is taken as one half

    Returns
    -------
    float                     0 for equal shares. Custom reads 0.1 as a shift and
                              0.25 as a large one, whatever the sample: calibrate
                              an alarm on your own clean days instead

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

        Raises
        ------
        ValueError            for another number of columns, or of days
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
