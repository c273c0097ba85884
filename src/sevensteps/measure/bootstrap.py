"""A number with its uncertainty, by drawing whole days, users or queries again.

Rows are not independent: frauds come in campaigns, a user has habits, a query has a
page. An interval from resampled rows is too narrow. Here a resample is a weight per
block (how often it was drawn), and a metric that can be written with sums per block
costs one matrix product for all resamples, however many rows there are.

Sources: Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics
7 (1979); Künsch, "The jackknife and the bootstrap for general stationary observations",
Annals of Statistics 17 (1989): blocks, here without overlap.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr

from .inputs import Floats, Ints, at_least, between, numbers


def significant(value: float, digits: int = 3) -> str:
    """Write a number to a few significant digits, without powers of ten if it can.

    >>> [significant(x) for x in (0.49612, 1234567.0, 0.000123456, 7.0, 2e-9)]
    ['0.496', '1,230,000', '0.000123', '7.00', '2.00e-09']
    """
    if math.isnan(value):
        return "n/a"
    if value == 0 or math.isinf(value):
        return f"{value:.0f}"
    rounded = float(f"{value:.{digits - 1}e}")
    exponent = math.floor(math.log10(abs(rounded)))
    if not -5 <= exponent < 12:
        return f"{rounded:.{digits - 1}e}"
    return f"{rounded:,.{max(0, digits - 1 - exponent)}f}"


@dataclass(frozen=True, repr=False)
class Interval:
    """An estimate between two bounds, 95 % unless said otherwise.

    >>> Interval(0.4961, 0.4512, 0.5371)
    0.496 [0.451, 0.537]
    >>> f"{Interval(12345.6, 11000, 13000):,.0f} euros"
    '12,346 [11,000, 13,000] euros'
    >>> 0.5 in Interval(0.4961, 0.4512, 0.5371)
    True
    """

    estimate: float
    low: float
    high: float
    #: (resamples,) the bootstrap's values. Two intervals that were measured under the
    #: same resamples can be subtracted: what both share (a busy day, one large fraud)
    #: cancels
    samples: NDArray[np.float64] | None = field(default=None, compare=False)
    #: Names the resamples, so that like is taken from like
    resampling: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"low {self.low} lies above high {self.high}: swap them")

    @classmethod
    def of(
        cls, samples: ArrayLike, estimate: float | None = None, *, resampling: str = ""
    ) -> Self:
        """Between the central 95 % of `samples`, around their mean or an estimate.

        Samples that could not be measured (NaN: a resample without one fraud) are
        left out.

        >>> Interval.of([1.0, 2.0, 3.0, 4.0, 5.0])
        3.00 [1.10, 4.90]
        """
        values = np.asarray(samples, dtype=np.float64)
        if values.ndim != 1 or not np.isfinite(values).any():
            raise ValueError("samples must be a list of numbers, not all missing")
        tail = (1 - 0.95) / 2
        low, high = np.nanquantile(values, [tail, 1 - tail])
        middle = float(np.nanmean(values)) if estimate is None else float(estimate)
        return cls(middle, float(low), float(high), values, resampling)

    @classmethod
    def missing(cls) -> Self:
        """What cannot be measured here; prints as n/a."""
        return cls(math.nan, math.nan, math.nan)

    def __sub__(self, other: Self) -> Self:
        """Paired difference of two measurements under the same resamples."""
        if not isinstance(other, Interval):
            return NotImplemented
        if self.samples is None or other.samples is None:
            raise ValueError("an interval without samples cannot be subtracted")
        if not self.resampling or self.resampling != other.resampling:
            raise ValueError(
                "these intervals come from different resamples: measure both over the "
                "same days, or whatever the blocks are"
            )
        samples = self.samples - other.samples
        middle = self.estimate - other.estimate
        return type(self).of(samples, middle, resampling=self.resampling)

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        if math.isnan(self.estimate):
            return "n/a"
        low, high = significant(self.low), significant(self.high)
        return f"{significant(self.estimate)} [{low}, {high}]"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        return f"{self.estimate:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"


RESAMPLES = 1000
AT_ONCE = 2_000_000  # weights held in memory


@dataclass(frozen=True)
class Blocks:
    """Rows in blocks, and how these are drawn again; `block_bootstrap` makes them."""

    code: Ints  # (n,) index of each row's block, 0 .. n_blocks - 1
    n_blocks: int
    resamples: int  # resamples, seed: how often, and from where
    seed: int
    key: str  # names these resamples

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

    Raises a ValueError for fewer than two blocks, or one missing.

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

    `daily`: indexed by day; a ValueError for NaN, a day twice, or one day only.

    >>> ours, theirs = pd.Series([5.0, 9.0, 7.0]), pd.Series([4.0, 8.0, 6.0])
    >>> mean_per_day(ours) - mean_per_day(theirs)
    1.00 [1.00, 1.00]
    """
    values = numbers("daily", daily)
    if not daily.index.is_unique:
        raise ValueError("`daily` has a day twice: sum over each day first")
    return block_bootstrap(np.asarray(daily.index)).mean(values)


def latency_quantile(values: ArrayLike, q: float) -> Interval:
    """A quantile with an exact 95 % interval from two of the values themselves.

    Parameters
    ----------
    values : (n,) float       latencies in one unit, e.g. ms
    q : float                 within (0, 1): 0.99 for p99

    Returns Interval: a bound is infinite where `values` are too few to give it: p99
    needs at least 368. Independent requests are assumed; queues make neighbours alike
    and the interval too narrow.

    >>> latency_quantile(range(1, 1001), 0.99)
    990 [983, 997]

    Source: David and Nagaraja, "Order statistics" (2003), section 7.1.
    """
    between("q", q, 0, 1)
    ordered = np.sort(numbers("values", values, infinite=True))
    n = len(ordered)
    below = bdtr(np.arange(n + 1, dtype=np.float64), n, q)  # P(at most k lie below)
    # values i and j (from 1) enclose it with probability P(i <= number below <= j - 1)
    i = int(np.searchsorted(below, 0.025, side="right"))
    j = int(np.searchsorted(below, 0.975)) + 1
    low = float(ordered[i - 1]) if i >= 1 else -math.inf
    high = float(ordered[j - 1]) if j <= n else math.inf
    return Interval(float(ordered[max(1, math.ceil(n * q)) - 1]), low, high)
