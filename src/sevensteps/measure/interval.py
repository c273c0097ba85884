"""A number with its uncertainty: the type that every measurement returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


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

    Parameters
    ----------
    estimate, low, high : float
    samples : (resamples,)    the bootstrap's values. Two intervals that were measured
                              under the same resamples can be subtracted: what both
                              share (a busy day, one large fraud) cancels
    resampling : str          names the resamples, so that like is taken from like

    Examples
    --------
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
    samples: NDArray[np.float64] | None = field(default=None, compare=False)
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

    def __sub__(self, other: Interval) -> Interval:
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
        return Interval.of(samples, middle, resampling=self.resampling)

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
