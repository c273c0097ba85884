"""Simulation, drill, calendar and parallel runs, in a world of five hundred coins."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sevensteps.simulate import (
    Calendar,
    IncidentDrill,
    Monitors,
    Simulation,
    mean_over_units,
    parallel_map,
)

UNITS = 500


@dataclass(frozen=True)
class ToyWorld:
    extra: float = 0.0

    def inject(self, incident):
        return replace(self, extra=10.0)

    def live(self, policy, days, seed, *, history, after=None):
        first = history.days if after is None else int(after.gains.index[-1]) + 1
        rows = {}
        for day in range(first, first + days):
            draws = np.random.default_rng([seed, day]).normal(size=UNITS)
            rows[day] = draws + self.extra + policy(day)
        return SimpleNamespace(gains=pd.DataFrame.from_dict(rows, orient="index"))


@dataclass
class Steps:
    by: float = 0.0
    days: list[int] = field(default_factory=list)

    def __call__(self, day):
        self.days.append(day)
        return self.by * len(self.days)


@dataclass(frozen=True)
class ToySimulation(Simulation[ToyWorld, Any, Any]):
    def per_unit_totals(self, outcome):
        return pd.DataFrame({"gain": outcome.gains.sum()})

    def n_days(self, outcome):
        return len(outcome.gains)


@pytest.fixture(params=[False, True])
def toy(request):
    return ToySimulation(ToyWorld(), SimpleNamespace(days=10), threads=request.param)


def test_each_run_has_a_copy_of_its_policy(toy):
    mine = Steps(1.0)
    kept = toy.counterfactual_runs(
        {"a": mine, "b": mine}, 3, keep=lambda policy, outcome: (policy, outcome)
    )
    assert mine.days == []
    for policy, outcome in kept.values():
        assert policy.days == [10, 11, 12]
        gap = outcome.gains - toy.run(Steps(), 3).gains
        assert gap.mean(axis=1).tolist() == pytest.approx([1, 2, 3])


def test_what_was_derived_is_not_sent_along(toy):
    vars(toy)["heavy"] = "a cached property"
    assert set(toy.__getstate__()) == {"world", "history", "threads"}


def test_tasks_keep_their_order_in_processes_and_threads():
    for threads in (False, True):
        squares = parallel_map(lambda n: n * n, range(9), threads=threads)
        assert squares == [n * n for n in range(9)]


def test_means_are_ratios_whose_blocks_may_differ_in_size():
    unit = np.array([0, 0, 0, 1, 2, 2])
    mean = mean_over_units(np.ones(6), unit)
    assert (mean.low, mean.estimate, mean.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("cadence", "days"), [(0, [4]), (1, [4, 5, 6, 7, 8]), (3, [4, 7])]
)
def test_a_calendar_is_due_on_its_first_day_and_then_at_its_cadence(cadence, days):
    calendar = Calendar(cadence)
    for day in range(4, 9):
        if calendar.due(day):
            calendar.note(day)
    assert calendar.trained_on == days
    with pytest.raises(ValueError, match="cadence must be >= 0"):
        Calendar(-1)


def _dropped(policy, day):
    return lambda today: policy(today) - 5.0 * (today >= day + 2)


def test_a_drill_times_and_prices_faults_and_incidents():
    """Means and spreads of the day's gains are watched."""
    monitors = Monitors(
        reads={"mean": ("mean",), "spread": ("spread",)},
        observe=lambda policy, outcome: outcome.gains,
        daily_numbers=lambda gains, usual: pd.DataFrame(
            {"mean": gains.mean(axis=1), "spread": gains.std(axis=1)}
        ),
    )
    drill = IncidentDrill(
        ToySimulation(ToyWorld(), SimpleNamespace(days=10)),
        Steps(),
        {"nothing": lambda policy, day: policy, "drop": _dropped},
        monitors,
        {"windfall": lambda kind, first, days: (kind, first, days)},
        harm="gain",
        baseline_days=40,
        incident_days=10,
    )
    report = drill.run()
    delay = report.detection.delay
    assert delay.index.tolist() == ["windfall", "nothing", "drop"]
    assert delay.loc["windfall", "mean"] == 0
    assert delay.loc["drop", "mean"] == 2
    assert report.lost["drop"].estimate == pytest.approx(5 * 8 / 10 * 1_000)
    assert report.lost["windfall"].estimate == pytest.approx(-10_000)
    levels = report.detection.levels["none"]
    assert levels.index.tolist() == list(range(10, 60))
