"""What every case's simulation and incident drill promise, on tiny worlds."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sevensteps.simulate import IncidentDrill, Simulation

from .conftest import CONTRACTS


@dataclass(frozen=True)
class Contracted:
    simulation: Simulation[Any, Any, Any]
    today: Any
    rival: Any  # a policy that differs
    log: str  # the table of an outcome in which one row is one event
    drill: IncidentDrill[Any]  # with a fault "nothing", which breaks nothing
    loud: tuple[str, str]  # a fault, and the monitor that notices it on its first day


@pytest.fixture(scope="module", params=CONTRACTS)
def case(request):
    return Contracted(**CONTRACTS[request.param].simulation())


@pytest.fixture(scope="module")
def runs(case):
    policies = {"today": case.today, "rival": case.rival, "again": case.rival}
    return case.simulation.counterfactual_runs(policies, 2)


def test_the_same_random_numbers_give_the_same_outcome(case, runs):
    log = case.log
    assert getattr(runs["rival"], log).equals(getattr(runs["again"], log))
    assert not getattr(runs["rival"], log).equals(getattr(runs["today"], log))
    alone = case.simulation.run(deepcopy(case.rival), 2)
    assert getattr(alone, log).equals(getattr(runs["rival"], log))
    other = case.simulation.run(deepcopy(case.rival), 2, seed=2)
    assert not getattr(alone, log).equals(getattr(other, log))


def test_a_scoreboard_is_per_thousand_units_and_day(case, runs):
    board = case.simulation.scoreboard(runs)
    n = case.simulation.n_units(runs.values())
    for name, outcome in runs.items():
        expected = case.simulation.per_unit_totals(outcome).sum() / n / 2 * 1_000
        found = board.loc[name].map(lambda interval: interval.estimate)
        assert found.to_numpy(float) == pytest.approx(expected.to_numpy(float))


def test_differences_of_a_scoreboard_are_paired(case, runs):
    board = case.simulation.scoreboard(runs)
    for column in board:
        same = board[column]["rival"] - board[column]["again"]
        assert (same.low, same.estimate, same.high) == (0, 0, 0)
    gap = board.loc["rival"] - board.loc["today"]
    width = pd.DataFrame([gap, board.loc["rival"], board.loc["today"]])
    width = width.map(lambda interval: interval.high - interval.low)
    alive = width.loc[:, (width > 0).all()]
    assert len(alive.columns)
    assert (alive.iloc[0] < alive.iloc[1] + alive.iloc[2]).all()


class Halves:
    def names(self, unit):
        return np.where(unit % 2 == 0, "even", "odd")


def test_an_experiment_compares_everybody_who_existed(case, runs):
    outcome = runs["today"]
    totals = case.simulation.per_unit_totals(outcome) * 500  # of two days
    read = case.simulation.compare(outcome, Halves(), "even", "odd")
    turned = case.simulation.compare(outcome, Halves(), "odd", "even")
    gap = totals.iloc[::2].mean() - totals.iloc[1::2].mean()
    for column in totals:
        assert read[column].estimate == pytest.approx(gap[column], abs=1e-9)
        assert turned[column].estimate == pytest.approx(-gap[column], abs=1e-9)


@pytest.fixture(scope="module")
def before(case):
    return case.drill.baseline()


def numbers(drill, run, before):
    see = drill.monitors.observe
    return drill.monitors.daily_numbers(see(*run), see(*before))


def test_a_branch_without_incident_is_the_run_that_goes_on(case, before):
    drill = case.drill
    days = drill.baseline_days + drill.incident_days
    policy = deepcopy(drill.policy)
    whole = numbers(drill, (policy, drill.simulation.run(policy, days)), before)
    branch = numbers(drill, drill.branch(before, None), before)
    pd.testing.assert_frame_equal(branch, whole.loc[drill.first_day :])


def test_a_fault_shows_from_its_day_on_and_not_before(case, before):
    drill, (kind, _) = case.drill, case.loud
    early = numbers(drill, before, before)
    assert early.index.max() == drill.first_day - 1
    broken = numbers(drill, drill.branch(before, kind), before)
    assert broken.index.min() == drill.first_day
    sound = numbers(drill, drill.branch(before, None), before)
    changed = (broken != sound).any(axis=1)
    assert changed.loc[drill.first_day]
    pd.testing.assert_frame_equal(numbers(drill, before, before), early)


def test_a_loud_fault_is_noticed_at_once_and_no_fault_never(case):
    kind, monitor = case.loud
    report = case.drill.run(["nothing", kind])
    assert report.detection.delay.loc[kind, monitor] == 0
    assert report.detection.delay.loc["nothing"].isna().all()
    for taken in [report.lost["nothing"]] if report.lost else []:
        assert (taken.low, taken.estimate, taken.high) == (0, 0, 0)
    levels = report.detection.levels
    pd.testing.assert_frame_equal(
        levels["nothing"], levels["none"].loc[case.drill.first_day :]
    )


def test_an_unknown_incident_is_refused(case):
    with pytest.raises(KeyError, match=r"unknown .*flood.* choose from .*nothing"):
        case.drill.run(["nothing", "flood"])
