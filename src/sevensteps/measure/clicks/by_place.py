"""A curve over places, each point with its interval."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sevensteps.measure.inputs import Floats
from sevensteps.measure.interval import Interval


@dataclass(frozen=True, slots=True, eq=False)
class ByPlace:
    """Estimates for the places of a list; index 0 is the top.

    Attributes
    ----------
    estimate : (k,) float     NaN where the log says nothing
    samples : (resamples, k) float   the bootstrap's curves
    resampling : str          names the resamples: curves of one name can be paired
    """

    estimate: Floats
    samples: Floats = field(repr=False)
    resampling: str = field(repr=False)

    @classmethod
    def of(cls, curves: Floats, resampling: str) -> ByPlace:
        """From (1 + resamples, k) curves, the first of the data as they are."""
        return cls(curves[0], curves[1:], resampling)

    def __len__(self) -> int:
        return len(self.estimate)

    def at(self, place: int) -> Interval:
        """The estimate at one place with its 95 % interval; n/a if unknown."""
        values = self.samples[:, place]
        if np.isnan(self.estimate[place]) or not np.isfinite(values).any():
            return Interval.missing()
        middle = float(self.estimate[place])
        return Interval.of(values, middle, resampling=self.resampling)

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """One interval for each place, from the top."""
        return tuple(self.at(place) for place in range(len(self)))

    def table(self) -> pd.DataFrame:
        """Columns estimate, low and high; a row for each place, counted from 1."""
        rows = [(i.estimate, i.low, i.high) for i in self.intervals]
        place = pd.RangeIndex(1, len(rows) + 1, name="place")
        return pd.DataFrame(rows, index=place, columns=["estimate", "low", "high"])
