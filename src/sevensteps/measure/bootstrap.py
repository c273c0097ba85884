"""The block bootstrap: whole days, users or queries are drawn again.

Rows are not independent: frauds come in campaigns, a user has habits, a query has a
page. An interval from resampled rows is too narrow. Here a resample is a weight per
block (how often it was drawn), and a metric that can be written with sums per block
costs one matrix product for all resamples, however many rows there are.

Sources: Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics
7 (1979); Künsch, "The jackknife and the bootstrap for general stationary observations",
Annals of Statistics 17 (1989): blocks, here without overlap.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sevensteps.measure.inputs import Floats, Ints, at_least, numbers
from sevensteps.measure.interval import Interval

RESAMPLES = 1000
AT_ONCE = 2_000_000  # weights held in memory


@dataclass(frozen=True)
class Blocks:
    """Rows in blocks, and how these are drawn again; `block_bootstrap` makes them.

    Attributes
    ----------
    code : (n,) int           index of each row's block, 0 .. n_blocks - 1
    resamples, seed : int     how often, and from where
    key : str                 names these resamples
    """

    code: Ints
    n_blocks: int
    resamples: int
    seed: int
    key: str

    def sums(self, values: NDArray[Any] | None = None) -> Floats:
        """(n_blocks, ...) sums of (n, ...) values, or the number of rows."""
        if values is not None and values.ndim == 2:
            return np.stack([self.sums(column) for column in values.T], axis=1)
        return np.bincount(self.code, values, self.n_blocks).astype(np.float64)

    def totals(self, sums: NDArray[Any]) -> Floats:
        """(1 + resamples, ...) totals of (n_blocks, ...) sums; first as they are."""
        drawn = [weight @ sums for weight in self._weights()]
        return np.concatenate([sums.sum(axis=0)[None], *drawn])

    def total(self, values: NDArray[Any] | None = None) -> Floats:
        """(1 + resamples, ...) totals of rows."""
        return self.totals(self.sums(values))

    def interval(self, values: Floats) -> Interval:
        """Interval of a metric measured on every row of `totals`."""
        return Interval.of(values[1:], float(values[0]), resampling=self.key)

    def mean(self, values: Floats) -> Interval:
        """Mean over rows; NaN is left out, and refused if there is nothing else."""
        some = np.isfinite(values)
        if not some.any():
            raise ValueError("nothing can be measured: no value of any row is known")
        total = self.total(np.where(some, values, 0.0))
        return self.interval(ratio(total, self.total(some)))

    def _weights(self) -> Iterator[Floats]:
        """(some resamples, n_blocks) how often each block was drawn."""
        step = max(1, AT_ONCE // self.n_blocks)
        if step >= self.resamples:
            yield self._all_weights
            return
        rng = np.random.default_rng(self.seed)
        for begin in range(0, self.resamples, step):
            yield _drawn(rng, min(step, self.resamples - begin), self.n_blocks)

    @cached_property
    def _all_weights(self) -> Floats:
        rng = np.random.default_rng(self.seed)
        return _drawn(rng, self.resamples, self.n_blocks)


Block = ArrayLike | Blocks


def _drawn(rng: np.random.Generator, resamples: int, n: int) -> Floats:
    """(resamples, n) how often each of n blocks is among n draws with replacement."""
    drawn = rng.integers(n, size=(resamples, n))
    drawn += np.arange(resamples)[:, None] * n
    count = np.bincount(drawn.ravel(), minlength=resamples * n)
    return count.reshape(resamples, n).astype(np.float64)


def block_bootstrap(block: Block, resamples: int = RESAMPLES, seed: int = 0) -> Blocks:
    """Prepare to draw blocks again. Every metric takes their labels, or the result.

    Parameters
    ----------
    block : (n,)              label of each row's block: its day, user or query
    resamples, seed : int     how often; the same blocks, number and seed give the same
                              resamples, so that intervals can be subtracted

    Raises
    ------
    ValueError                fewer than two blocks, or one missing

    Examples
    --------
    >>> block_bootstrap([7, 7, 8]).mean(np.array([1.0, 2.0, 3.0])).estimate
    2.0
    """
    if isinstance(block, Blocks):
        return block
    at_least("resamples", resamples, 2)
    code, names = pd.factorize(np.asarray(block), sort=True)
    if (code < 0).any():
        raise ValueError(f"the block is missing in row {int((code < 0).argmax()):,}")
    if len(names) < 2:
        raise ValueError(
            f"an interval needs at least two blocks to draw from, found {len(names)}: "
            "measure over more days or queries, or name smaller blocks"
        )
    told = hashlib.blake2b(np.asarray(names).astype(str).tobytes(), digest_size=8)
    key = f"{told.hexdigest()}-{resamples}-{seed}"
    return Blocks(code.astype(np.intp, copy=False), len(names), resamples, seed, key)


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Elementwise quotient; NaN where there is nothing to divide by."""
    out = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.nan)
    return np.divide(top, bottom, out=out, where=bottom > 0)


def mean_per_day(daily: pd.Series) -> Interval:
    """Mean of one number a day, such as the day's net euros; days are drawn again.

    Parameters
    ----------
    daily : Series            indexed by day; a ValueError for NaN, a day twice, or one
                              day only

    Examples
    --------
    >>> ours, theirs = pd.Series([5.0, 9.0, 7.0]), pd.Series([4.0, 8.0, 6.0])
    >>> mean_per_day(ours) - mean_per_day(theirs)
    1.00 [1.00, 1.00]
    """
    values = numbers("daily", daily)
    if not daily.index.is_unique:
        raise ValueError("`daily` has a day twice: sum over each day first")
    return block_bootstrap(np.asarray(daily.index)).mean(values)
