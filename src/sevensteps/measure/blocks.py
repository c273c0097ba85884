"""The day-block bootstrap: whole days are redrawn, as a day's payments hang together.

Frauds come in campaigns and days have moods, so rows are not independent and an
interval from resampled rows is too narrow. Here a resample is a weight per day (how
often the day was drawn). A metric that can be written with sums per day then costs one
matrix product for all resamples, however many rows there are.

Source: Künsch, "The jackknife and the bootstrap for general stationary observations",
Annals of Statistics 17 (1989); non-overlapping blocks of one day.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.measure.inputs import Floats, Ints, at_least
from sevensteps.measure.interval import Interval

RESAMPLES = 1000


@dataclass(frozen=True)
class Blocks:
    """Days of the rows and the weights of the resamples.

    Attributes
    ----------
    code : (n,) int           index of each row's day, 0 .. n_days - 1
    weight : (1 + resamples, n_days) float
        How often each day was drawn. The first row is all ones: the data as they are.
    key : str                 names these resamples
    """

    code: Ints
    weight: Floats
    key: str

    @property
    def n_days(self) -> int:
        """Number of different days."""
        return int(self.weight.shape[1])

    def daily(self, values: Floats | None = None) -> Floats:
        """(n_days,) sums of `values` over each day, or the number of rows."""
        return np.bincount(self.code, values, minlength=self.n_days).astype(np.float64)

    def total(self, daily: Floats) -> Floats:
        """(1 + resamples, ...) totals under each resample of sums per day."""
        return np.asarray(self.weight @ daily)

    def interval(self, values: Floats) -> Interval:
        """Interval of a metric measured under every row of `weight`."""
        return Interval.of(values[1:], float(values[0]), resampling=self.key)


def day_blocks(day: ArrayLike, resamples: int = RESAMPLES, seed: int = 0) -> Blocks:
    """Draw the resamples of the days in `day`.

    Parameters
    ----------
    day : (n,) int            day of each row; any label of blocks will do
    resamples : int           how many times the days are redrawn
    seed : int                the same seed and days give the same resamples

    Raises
    ------
    ValueError                fewer than two days, or a day missing
    """
    at_least("resamples", resamples, 2)
    code, days = pd.factorize(np.asarray(day), sort=True)
    if (code < 0).any():
        raise ValueError(f"`day` is missing in row {int((code < 0).argmax()):,}")
    if len(days) < 2:
        raise ValueError(
            f"a day-block interval needs at least two days, found {len(days)}: "
            "measure over more days, or pass other blocks (hours, cardholders) as `day`"
        )
    rng = np.random.default_rng(seed)
    n = len(days)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=resamples)
    weight = np.vstack([np.ones(n), drawn])
    name = hashlib.blake2b(np.asarray(days).astype(str).tobytes(), digest_size=8)
    key = f"{name.hexdigest()}-{resamples}-{seed}"
    return Blocks(code.astype(np.intp, copy=False), weight, key)


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Elementwise quotient; NaN where there is nothing to divide by."""
    out = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.nan)
    return np.divide(top, bottom, out=out, where=bottom > 0)
