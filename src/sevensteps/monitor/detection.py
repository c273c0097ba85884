"""Who notices an incident, on which day, at which rate of false alarms."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from sevensteps.measure import Interval

from .alarms import MONTH, alarms, threshold


@dataclass(frozen=True, slots=True)
class Detection:
    """How monitors did.

    Attributes
    ----------
    delay : incident x monitor    days from its first until it was noticed; 0 is that
                                  first day, NaN never
    false_alarms : by monitor     a month, on the late days without incident
    thresholds : by monitor
    levels : DataFrames           by incident (and "none"): each day's value of each
                                  monitor as a share of its threshold, so that 1 is an
                                  alarm; a monitor whose threshold is zero is left out
    """

    delay: pd.DataFrame
    false_alarms: dict[str, Interval]
    thresholds: pd.Series
    levels: dict[str, pd.DataFrame]


def detect(
    monitors: Mapping[str, pd.DataFrame],
    first_day: int,
    *,
    false_alarms_per_month: float = 1.0,
) -> Detection:
    """Set thresholds on early days without incident, and time each incident.

    An alarm that also rings on the same day without the incident is no detection.

    Parameters
    ----------
    monitors : by incident, days x monitors; larger is worse. "none" has no incident and
               runs from before the first day to the end: its early days set the
               thresholds, its late days count the false alarms
    first_day : int           of the incidents
    false_alarms_per_month    budget of each monitor

    Raises
    ------
    ValueError                if an incident lacks a monitor or its days, or there are
                              no late days without incident
    """
    none = monitors["none"]
    names = [str(name) for name in none]
    early, late = none.loc[: first_day - 1], none.loc[first_day:]
    if late.empty:
        raise ValueError(f"'none' must go on beyond day {first_day} of the incidents")
    budget = false_alarms_per_month
    limits = pd.Series(
        {n: threshold(early[n], false_alarms_per_month=budget) for n in names}
    )
    quiet = late <= limits
    delay = {
        kind: _delays(
            _after(kind, one, names, first_day).where(quiet), limits, first_day
        )
        for kind, one in monitors.items()
        if kind != "none"
    }
    some = limits[limits > 0]
    return Detection(
        delay=pd.DataFrame(delay, index=names).T,
        false_alarms={n: _rate(alarms(late[n], limits[n])) for n in names},
        thresholds=limits,
        levels={kind: one[some.index] / some for kind, one in monitors.items()},
    )


def _after(
    kind: str, one: pd.DataFrame, names: list[str], first_day: int
) -> pd.DataFrame:
    """An incident's days from its first on, with the same monitors."""
    if absent := [n for n in names if n not in one]:
        raise ValueError(f"incident {kind!r} lacks monitors {absent}")
    after = one.loc[first_day:, names]
    if after.empty:
        raise ValueError(f"incident {kind!r} has no day from day {first_day} on")
    return after


def _delays(after: pd.DataFrame, limits: pd.Series, first_day: int) -> pd.Series:
    """Days until each monitor's first alarm."""
    delay = {}
    for name, level in limits.items():
        rung = after.index[alarms(after[name], level)]
        delay[name] = float(rung[0] - first_day) if len(rung) else np.nan
    return pd.Series(delay, dtype=float)


def _rate(rung: np.ndarray) -> Interval:
    """Alarms per 30 days with the exact Poisson interval (Garwood, 1936)."""
    n, days = int(rung.sum()), len(rung)
    low = stats.chi2.ppf(0.025, 2 * n) / 2 if n else 0.0
    high = stats.chi2.ppf(0.975, 2 * n + 2) / 2
    return Interval(n * MONTH / days, low * MONTH / days, high * MONTH / days)
