"""Thresholds that ring on one clean day a month; who notices an incident, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from sevensteps.measure import Interval

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

    `clean`, (days,): a monitor's daily value on days without incident.

    Returns float: alarm when a day's value lies above it. From a month of clean days on
    it is read off them; before, extrapolated by an exponential tail over their upper
    quarter. Raises a ValueError with fewer than 10 clean days, or a value that is not
    finite.
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


@dataclass(frozen=True, slots=True)
class Detection:
    """How monitors did."""

    #: Incident x monitor: days until it was noticed; 0 is its first day, NaN never
    delay: pd.DataFrame
    false_alarms: dict[str, Interval]  # a month, on late days without incident
    thresholds: pd.Series  # by monitor
    #: By incident (and "none"): each day's value of each monitor as a share of its
    #: threshold, so that 1 is an alarm; a monitor whose threshold is zero is left out
    levels: dict[str, pd.DataFrame]


def detect(monitors: Mapping[str, pd.DataFrame], first_day: int) -> Detection:
    """Set thresholds on early days without incident, and time each incident.

    An alarm that also rings on the same day without the incident is no detection.

    Parameters
    ----------
    monitors : by incident, days x monitors; larger is worse. "none" has no incident and
               runs from before the first day to the end: its early days set the
               thresholds, its late days count the false alarms
    first_day : int           of the incidents

    Raises a ValueError if an incident lacks a monitor or its days, or there are no late
    days without incident.
    """
    none = monitors["none"]
    early, late = none.loc[: first_day - 1], none.loc[first_day:]
    if late.empty:
        raise ValueError(f"'none' must go on beyond day {first_day} of the incidents")
    limits = pd.Series({str(name): threshold(early[name]) for name in none})
    delay = {}
    for kind in [kind for kind in monitors if kind != "none"]:
        after = _after(kind, monitors[kind], limits.index, first_day)
        rung = (after > limits) & (late <= limits).reindex(
            after.index, fill_value=False
        )
        delay[kind] = rung.idxmax().sub(first_day).where(rung.any())
    some = limits[limits > 0]
    return Detection(
        delay=pd.DataFrame(delay, index=limits.index, dtype=float).T,
        false_alarms={name: _rate(late[name] > limits[name]) for name in limits.index},
        thresholds=limits,
        levels={kind: one[some.index] / some for kind, one in monitors.items()},
    )


def _after(
    kind: str, one: pd.DataFrame, names: pd.Index, first_day: int
) -> pd.DataFrame:
    """An incident's days from its first on, with the same monitors."""
    if absent := [n for n in names if n not in one]:
        raise ValueError(f"incident {kind!r} lacks monitors {absent}")
    after = one.loc[first_day:, names]
    if after.empty:
        raise ValueError(f"incident {kind!r} has no day from day {first_day} on")
    return after


def _rate(rung: pd.Series) -> Interval:
    """Alarms per 30 days with the exact Poisson interval (Garwood, 1936)."""
    n, days = int(rung.sum()), len(rung)
    low = stats.chi2.ppf(0.025, 2 * n) / 2 if n else 0.0
    high = stats.chi2.ppf(0.975, 2 * n + 2) / 2
    return Interval(n * MONTH / days, low * MONTH / days, high * MONTH / days)
