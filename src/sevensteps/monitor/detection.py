"""Who notices an incident, on which day, at which rate of false alarms."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from sevensteps.measure import Interval

from .alarms import MONTH, threshold


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


def detect(monitors: Mapping[str, pd.DataFrame], first_day: int) -> Detection:
    """Set thresholds on early days without incident, and time each incident.

    An alarm that also rings on the same day without the incident is no detection.

    Parameters
    ----------
    monitors : by incident, days x monitors; larger is worse. "none" has no incident and
               runs from before the first day to the end: its early days set the
               thresholds, its late days count the false alarms
    first_day : int           of the incidents

    Raises
    ------
    ValueError                if an incident lacks a monitor or its days, or there are
                              no late days without incident
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
