"""Alarms whose thresholds ring on one clean day a month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

MONTH = 30
BUDGET = 1.0  # false alarms a month
_TAIL = 0.25  # share of clean days from which the tail is extrapolated
_MIN_DAYS = 10


@dataclass(frozen=True, slots=True)
class Baseline:
    """How each watched number usually lies and spreads, from clean days."""

    centre: pd.Series
    spread: pd.Series

    @classmethod
    def fit(cls, clean: pd.DataFrame) -> "Baseline":
        """Median and spread of each column over clean days (one row a day).

        The spread is the median absolute deviation, made comparable with a
        standard deviation; where that is zero, the standard deviation.
        """
        if len(clean) < _MIN_DAYS:
            raise ValueError(f"need at least {_MIN_DAYS} clean days, got {len(clean)}")
        centre = clean.median()
        mad = 1.4826 * (clean - centre).abs().median()
        spread = mad.where(mad > 0, clean.std()).replace(0, np.nan)
        return cls(centre, spread)

    def robust_z(self, values: pd.DataFrame) -> pd.DataFrame:
        """Distance from usual in spreads, either way; 0 where nothing ever varied.

        A column that never varied in clean times and now differs is infinite.
        """
        away = (values - self.centre).abs()
        still = self.spread.isna()
        score = away / self.spread
        score.loc[:, still] = np.where(away.loc[:, still] > 1e-12, np.inf, 0.0)
        return score.fillna(0.0)


def max_by_monitor(
    numbers: pd.DataFrame, monitors: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Days x monitors, each the most unusual of the numbers that it reads by name."""
    return pd.DataFrame(
        {name: numbers[list(reads)].max(axis=1) for name, reads in monitors.items()}
    )


def threshold(clean: ArrayLike) -> float:
    """The level that clean days exceed once a month, and not more often.

    Parameters
    ----------
    clean : (days,) float     a monitor's daily value on days without incident

    Returns
    -------
    float                     alarm when a day's value lies above it. From a month of
                              clean days on it is read off them; before, extrapolated
                              by an exponential tail over their upper quarter

    Raises
    ------
    ValueError                with fewer than 10 clean days, or a value that is not
                              finite
    """
    values = np.sort(np.asarray(clean, np.float64))[::-1]
    if len(values) < _MIN_DAYS:
        raise ValueError(f"need at least {_MIN_DAYS} clean days, got {len(values)}")
    if not np.isfinite(values).all():
        raise ValueError("clean values must be finite: leave out days without data")
    allowed = BUDGET * len(values) / MONTH
    if allowed >= 1:
        return float(values[int(allowed)])
    n_tail = max(3, int(_TAIL * len(values)))
    start = values[n_tail]
    excess = float((values[:n_tail] - start).mean())
    return float(start + excess * np.log(n_tail / allowed))
