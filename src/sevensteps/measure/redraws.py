"""The bootstrap over many blocks: thousands of queries or shoppers, redrawn quickly.

A table of weights for each block in each resample is too large for a hundred thousand
queries. Here a few resamples at a time are drawn and summed, and then forgotten; the
same blocks, number and seed draw the same again, so metrics can be paired.

Source: Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics
7 (1979); resampled are whole blocks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.measure.blocks import RESAMPLES, ratio
from sevensteps.measure.inputs import Floats, Ints, at_least
from sevensteps.measure.interval import Interval

AT_ONCE = 2_000_000  # draws held in memory


@dataclass(frozen=True, slots=True)
class Redraws:
    """Blocks, and how they are redrawn.

    Attributes
    ----------
    code : (n,) int           index of each row's block, 0 .. n_blocks - 1
    n_blocks : int
    resamples, seed : int     how often, and from where
    key : str                 names these resamples
    """

    code: Ints
    n_blocks: int
    resamples: int
    seed: int
    key: str

    def totals(self, *columns: Floats) -> Floats:
        """Sums of columns (n,) or (n, m): once as they are, then under each resample.

        Returns
        -------
        (1 + resamples, all columns side by side) float
        """
        wide = [c[:, None] if c.ndim == 1 else c for c in columns]
        each = np.stack(
            [
                np.bincount(self.code, values, minlength=self.n_blocks)
                for column in wide
                for values in column.T
            ],
            axis=1,
        )
        drawn = [each.sum(axis=0)[None], *(count @ each for count in self._counts())]
        return np.concatenate(drawn)

    def _counts(self) -> Iterator[Floats]:
        """How often each block was drawn, a few resamples at a time."""
        rng, n = np.random.default_rng(self.seed), self.n_blocks
        step = max(1, AT_ONCE // n)
        for begin in range(0, self.resamples, step):
            some = min(step, self.resamples - begin)
            drawn = rng.integers(n, size=(some, n))
            drawn += np.arange(some)[:, None] * n
            count = np.bincount(drawn.ravel(), minlength=some * n)
            yield count.reshape(some, n).astype(np.float64)

    def interval(self, values: Floats) -> Interval:
        """Interval of a metric measured on every row of `totals`."""
        return Interval.of(values[1:], float(values[0]), resampling=self.key)

    def mean(self, values: Floats) -> Interval:
        """Mean over rows, NaN left out.

        Raises
        ------
        ValueError                every value is NaN
        """
        some = np.isfinite(values)
        if not some.any():
            raise ValueError("nothing can be measured: no value of any row is known")
        got, n = self.totals(np.where(some, values, 0), some.astype(np.float64)).T
        return self.interval(ratio(got, n))


def redraws(block: ArrayLike, resamples: int = RESAMPLES, seed: int = 0) -> Redraws:
    """Prepare to redraw the blocks in `block`.

    Parameters
    ----------
    block : (n,)              label of each row's block: a query, a shopper
    resamples : int           how many times the blocks are redrawn
    seed : int                the same seed and blocks give the same resamples

    Raises
    ------
    ValueError                fewer than two blocks, or one missing

    Examples
    --------
    >>> redraws([7, 7, 8]).mean(np.array([1.0, 2.0, 3.0])).estimate
    2.0
    """
    at_least("resamples", resamples, 2)
    code, names = pd.factorize(np.asarray(block), sort=True)
    if (code < 0).any():
        raise ValueError(f"`block` is missing in row {int((code < 0).argmax()):,}")
    if len(names) < 2:
        raise ValueError(
            f"an interval needs at least two blocks to redraw, found {len(names)}: "
            "measure over more queries, or name smaller blocks"
        )
    told = hashlib.blake2b(np.asarray(names).astype(str).tobytes(), digest_size=8)
    key = f"redrawn-{told.hexdigest()}-{resamples}-{seed}"
    index = code.astype(np.intp, copy=False)
    return Redraws(index, len(names), resamples, seed, key)
