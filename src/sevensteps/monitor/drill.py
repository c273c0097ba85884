"""The incident drill: known causes at known times, and who noticed when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from sevensteps.measure import Interval

from .alarms import MONTH, alarms, threshold


@dataclass(frozen=True, slots=True)
class Case:
    """One incident's daily monitors (one row a day, one column a monitor)."""

    daily: pd.DataFrame
    start_day: int


@dataclass(frozen=True, slots=True)
class Drill:
    """How monitors did: `delay` in days by incident (NaN: never noticed)."""

    delay: pd.DataFrame
    false_alarms: dict[str, Interval]  # per month of clean days
    thresholds: pd.Series

    def table(self) -> pd.DataFrame:
        """Incident by monitor: days to notice, then false alarms a month."""
        table = self.delay.astype(object).where(self.delay.notna(), "never")
        last = {name: str(rate) for name, rate in self.false_alarms.items()}
        table.loc["false alarms a month"] = pd.Series(last)
        return table


@dataclass(frozen=True, slots=True)
class Drilled:
    """What each monitor saw, in a world that has a calm twin.

    Attributes
    ----------
    result : Drill            days to notice, false alarms
    levels : DataFrames       by incident (and "none"): each day's value of each monitor
                              as a share of its threshold, so that 1 is an alarm;
                              a monitor that is never above zero in calm is left out
    """

    result: Drill
    levels: dict[str, pd.DataFrame]


def drill_with_twin(monitors: Mapping[str, pd.DataFrame], start: int) -> Drilled:
    """A drill in which an alarm that the calm twin rings on that day is no detection.

    Parameters
    ----------
    monitors : by incident, days x monitors; larger is worse. "none" is the calm twin,
               from before the start to the end; its early days set the thresholds, its
               late days count the false alarms
    start : int               first day of the incidents
    """
    none = monitors["none"]
    calm, twin = none.loc[: start - 1], none.loc[start:]
    limit = pd.Series({name: threshold(calm[name]) for name in calm})
    quiet = twin <= limit
    cases = {
        kind: Case(one.where(quiet), start)
        for kind, one in monitors.items()
        if kind != "none"
    }
    some = limit[limit > 0]
    levels = {kind: one[some.index] / some for kind, one in monitors.items()}
    return Drilled(drill(calm, twin, cases), levels)


def grouped(
    surprise: pd.DataFrame, monitors: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Monitors out of numbers: each takes the most unusual of its own.

    Parameters
    ----------
    surprise : days x numbers, from `Baseline.surprise`
    monitors : by name, the numbers that each reads
    """
    return pd.DataFrame(
        {name: surprise[list(of)].max(axis=1) for name, of in monitors.items()}
    )


def drill(
    clean: pd.DataFrame,
    held_out: pd.DataFrame,
    cases: Mapping[str, Case],
    *,
    false_alarms_per_month: float = 1.0,
) -> Drill:
    """Calibrate on clean days, count false alarms on others, time each incident.

    Parameters
    ----------
    clean : DataFrame         days x monitors, to set thresholds; larger is worse
    held_out : DataFrame      other clean days, to count false alarms honestly
    cases : incidents         each with the same monitors as columns
    false_alarms_per_month    budget of each monitor

    Returns
    -------
    Drill                     delay 0 is the first day of the incident. An alarm
                              before the start counts as false, not as noticed

    Raises
    ------
    ValueError                if a case lacks a monitor, or ends before it starts
    """
    names = list(clean.columns)
    levels = pd.Series(
        {
            n: threshold(
                clean[n].dropna(), false_alarms_per_month=false_alarms_per_month
            )
            for n in names
        }
    )
    for what, case in cases.items():
        absent = sorted(set(names) - set(case.daily.columns))
        if absent or case.daily.index.max() < case.start_day:
            raise ValueError(
                f"incident {what!r} lacks monitors {absent}"
                if absent
                else f"incident {what!r} starts on day {case.start_day}, after the last"
            )
    quiet = [
        held_out,
        *(c.daily[c.daily.index < c.start_day] for c in cases.values()),
    ]
    days = pd.concat([q[names] for q in quiet if len(q)])
    return Drill(
        delay=pd.DataFrame(
            {what: _delays(case, levels) for what, case in cases.items()}
        ).T,
        false_alarms={n: _rate(alarms(days[n], levels[n])) for n in names},
        thresholds=levels,
    )


def _delays(case: Case, levels: pd.Series) -> pd.Series:
    """Days from the start until each monitor's first alarm."""
    after = case.daily[case.daily.index >= case.start_day].sort_index()
    delay = {}
    for name, level in levels.items():
        rung = after.index[alarms(after[name], level)]
        delay[name] = float(rung[0] - case.start_day) if len(rung) else np.nan
    return pd.Series(delay)


def _rate(rung: np.ndarray) -> Interval:
    """Alarms per 30 days with the exact Poisson interval (Garwood, 1936)."""
    n, days = int(rung.sum()), len(rung)
    if not days:
        raise ValueError("no clean days to count false alarms on: give held_out")
    low = stats.chi2.ppf(0.025, 2 * n) / 2 if n else 0.0
    high = stats.chi2.ppf(0.975, 2 * n + 2) / 2
    return Interval(n * MONTH / days, low * MONTH / days, high * MONTH / days)
