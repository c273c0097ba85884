"""Alarms whose thresholds buy a stated number of false alarms a month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

MONTH = 30
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
    """Monitors out of daily numbers: each takes the most unusual of its own.

    Parameters
    ----------
    numbers : days x numbers, from `Baseline.robust_z`
    monitors : by name, the numbers that each reads
    """
    return pd.DataFrame(
        {name: numbers[list(reads)].max(axis=1) for name, reads in monitors.items()}
    )


def threshold(clean: ArrayLike, *, false_alarms_per_month: float = 1.0) -> float:
    """The level that clean days exceed so often a month, and not more often.

    Parameters
    ----------
    clean : (days,) float     a monitor's daily value on days without incident
    false_alarms_per_month : float   the budget, per 30 days

    Returns
    -------
    float                     alarm when a day's value lies above it. A budget of
                              one alarm or more in the clean days is read off
                              them; a smaller one is extrapolated by an
                              exponential tail over their upper quarter

    Raises
    ------
    ValueError                with fewer than 10 clean days, a value that is not
                              finite, or a budget that is not in (0, 30)
    """
    values = np.sort(np.asarray(clean, np.float64))[::-1]
    if len(values) < _MIN_DAYS:
        raise ValueError(f"need at least {_MIN_DAYS} clean days, got {len(values)}")
    if not np.isfinite(values).all():
        raise ValueError("clean values must be finite: leave out days without data")
    if not 0 < false_alarms_per_month < MONTH:
        raise ValueError(
            f"the budget must lie between 0 and {MONTH} alarms a month, got "
            f"{false_alarms_per_month}"
        )
    allowed = false_alarms_per_month * len(values) / MONTH
    if allowed >= 1:
        return float(values[int(allowed)])
    n_tail = max(3, int(_TAIL * len(values)))
    start = values[n_tail]
    excess = float((values[:n_tail] - start).mean())
    return float(start + excess * np.log(n_tail / allowed))


def alarms(values: ArrayLike, level: float) -> NDArray[np.bool_]:
    """Days on which a monitor is above its threshold; a missing value is quiet."""
    return np.asarray(values, np.float64) > level
