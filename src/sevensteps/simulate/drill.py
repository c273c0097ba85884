"""Incident drills: known causes at known times, who noticed when, and the harm."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import pandas as pd

from sevensteps.measure import Interval
from sevensteps.monitor import Baseline, Detection, detect, max_by_monitor

from .simulation import PER, Simulation, mean_over_units, parallel_map

Observed = TypeVar("Observed")
Fault = Callable[[Any, int], Any]  # policy, day on which it breaks -> a broken policy


@dataclass(frozen=True)
class Monitors(Generic[Observed]):
    """What a company watches."""

    #: By monitor, the daily numbers that it reads; the most unusual is its value
    reads: Mapping[str, Sequence[str]]
    #: (policy, outcome) to what a run leaves for them to see
    observe: Callable[[Any, Any], Observed]
    #: (what a run left, what the days before left) to days x numbers
    daily_numbers: Callable[[Observed, Observed], pd.DataFrame]


class DrillRun(NamedTuple):
    """A policy as its days left it, and their outcome."""

    policy: Any
    outcome: Any


@dataclass(frozen=True, slots=True)
class DrillReport:
    """Who noticed when, and what each incident took."""

    #: Days to notice, counted from the incident's start; false alarms
    detection: Detection
    #: By incident, `harm` lost per 1,000 units and day, against no incident
    lost: dict[str, Interval]


@dataclass(frozen=True)
class IncidentDrill(Generic[Observed]):
    """Futures that branch off the same days: one without incident, and one for each."""

    simulation: Simulation[Any, Any, Any]
    policy: Any  # as it goes live
    faults: Mapping[str, Fault]  # by name, what breaks inside the company from a day on
    monitors: Monitors[Observed]
    #: By name, what happens to the world: (name, first day, days) to an incident that
    #: it can inject
    incidents: Mapping[str, Callable[[Any, int, int], Any]] = field(
        default_factory=dict
    )
    #: The column of the simulation's `per_unit_totals` in which harm is counted; none
    #: where the policy decides nothing
    harm: str | None = None
    #: baseline_days, incident_days: before the incidents, and with them
    baseline_days: int = 24
    incident_days: int = 10

    @property
    def first_day(self) -> int:
        """The day on which incidents begin."""
        return int(self.simulation.history.days) + self.baseline_days

    def run(self, kinds: Sequence[str] | None = None) -> DrillReport:
        """Each incident or fault alone: which monitor notices, when, what it takes.

        An alarm that also rings on the same day without the incident is no detection.

        Parameters
        ----------
        kinds : some of the incidents and faults, all when absent; a KeyError for others
        """
        known = [*self.incidents, *self.faults]
        kinds = known if kinds is None else [*kinds]
        if unknown := sorted(set(kinds) - set(known)):
            raise KeyError(f"unknown {unknown}; choose from {known}")
        before = self.baseline()
        usual = self.monitors.observe(*before)
        branches = parallel_map(
            partial(self._observed, before),
            [None, *kinds],
            threads=self.simulation.threads,
        )
        seen, units = zip(*branches, strict=True)
        noticed = self._noticed([usual, *seen], kinds)
        lost = {} if self.harm is None else self._lost(units, kinds)
        return DrillReport(detect(noticed, self.first_day), lost)

    def baseline(self) -> DrillRun:
        """The days before the incidents."""
        policy = deepcopy(self.policy)
        return DrillRun(policy, self.simulation.run(policy, self.baseline_days))

    def branch(self, before: DrillRun, kind: str | None) -> DrillRun:
        """The days after the baseline, with an incident or without one."""
        policy, simulation = deepcopy(before.policy), self.simulation
        if kind is not None and kind in self.faults:
            policy = self.faults[kind](policy, self.first_day)
        elif kind is not None:
            happens = self.incidents[kind](kind, self.first_day, self.incident_days)
            simulation = simulation.inject(happens)
        days, after = self.incident_days, before.outcome
        return DrillRun(policy, simulation.run(policy, days, after=after))

    def _observed(self, before: DrillRun, kind: str | None) -> tuple[Observed, Any]:
        """What a branch leaves for the monitors, and what counts as harm by unit."""
        run = self.branch(before, kind)
        observed = self.monitors.observe(*run)
        if self.harm is None:
            return observed, None
        return observed, self.simulation.per_unit_totals(run.outcome)[self.harm]

    def _noticed(
        self, seen: Sequence[Observed], kinds: Sequence[str]
    ) -> dict[str, pd.DataFrame]:
        """Days x monitors by incident, in distances from the usual days."""
        usual, *others = (self.monitors.daily_numbers(one, seen[0]) for one in seen)
        baseline = Baseline.fit(usual)
        early, late, *broken = (
            max_by_monitor(baseline.robust_z(one), self.monitors.reads)
            for one in (usual, *others)
        )
        return {"none": pd.concat([early, late])} | dict(
            zip(kinds, broken, strict=True)
        )

    def _lost(
        self, units: Sequence[pd.Series], kinds: Sequence[str]
    ) -> dict[str, Interval]:
        """Harm per 1,000 units and day of each incident, paired by unit."""
        none, *broken = units
        scale = PER / self.incident_days
        return {
            kind: mean_over_units(none.sub(each, fill_value=0) * scale)
            for kind, each in zip(kinds, broken, strict=True)
        }
