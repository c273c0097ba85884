"""What every case's simulation and incident drill promise, on tiny worlds."""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud import experiments as fraud
from sevensteps.cases.fraud import world as pay
from sevensteps.cases.search import experiments as shop
from sevensteps.cases.search import world as sw
from sevensteps.cases.video import experiments as video
from sevensteps.cases.video import world as vid
from sevensteps.cases.video.experiments.drill import numbers_of_log
from sevensteps.simulate import IncidentDrill, Monitors, Simulation


@dataclass(frozen=True)
class Contracted:
    """A case's simulation, and what to try in it.

    Attributes
    ----------
    today, rival : policies that differ
    log : the table of an outcome in which one row is one event
    drill : with a fault "nothing", which breaks nothing, and another that is `loud`
    loud : the fault, and the monitor that must notice it on its first day
    """

    simulation: Simulation[Any, Any, Any]
    today: Any
    rival: Any
    log: str
    drill: IncidentDrill[Any]
    loud: tuple[str, str]


def payments() -> Contracted:
    """Two hundred cardholders, of whose payments one in fifty is stolen."""

    def careful(batch: Any, view: Any) -> Any:
        return np.where(batch["amount"].to_numpy() > 40, 3, 0).astype(np.int8)

    world = pay.PaymentsWorld(pay.Size(200, 100, 66), seed=7, base_rate=0.02)
    drill = fraud.incident_drill(world, lambda x: np.full(len(x), 0.001), 60)
    suspects = {"everybody": lambda policy, day: lambda x: np.ones(len(x))}
    return Contracted(
        fraud.PaymentsSimulation(world, world.history(50)),
        fraud.allow_everything,
        careful,
        "payments",
        replace(drill, faults={"nothing": lambda policy, day: policy} | suspects),
        ("everybody", "scores"),
    )


def searches() -> Contracted:
    """Four thousand products, two thousand shoppers, a week."""
    world = sw.SearchWorld(sw.Size(4_000, 3_000, 2_000, 60, days=7))
    simulation = shop.SearchSimulation.after(world)

    def emptied(policy: Any, day: int) -> Any:
        return replace(policy, arrange=lambda lists, view: np.full_like(lists, -1))

    drill = shop.incident_drill(simulation, baseline_days=10, incident_days=2)
    return Contracted(
        simulation,
        sw.Incumbent(7, shuffled=0),
        simulation.policy(sources=("keyword",)),
        "searches",
        replace(
            drill,
            faults={"nothing": lambda policy, day: policy, "empty pages": emptied},
        ),
        ("empty pages", "results"),
    )


def videos() -> Contracted:
    """Three thousand people, and ten days of today's policy."""
    world = vid.VideoWorld(vid.Size(3_000, 4_000, 300, days=10), seed=4)
    simulation = video.VideoSimulation.after(world)

    def same_page(policy: Any, day: int) -> Any:
        page = np.arange(vid.SLATE, dtype=np.int32)
        return lambda requests, view: vid.Slates.fixed(
            np.tile(page, (len(requests.user_id), 1))
        )

    monitors = Monitors(
        reads={"shown": ("shown top 10", "creators"), "clicks": ("clicks",)},
        observe=lambda policy, outcome: outcome,
        daily_numbers=lambda outcome, usual: numbers_of_log(outcome),
    )
    return Contracted(
        simulation,
        vid.Incumbent(4),
        vid.Oracle(),
        "impressions",
        IncidentDrill(
            simulation,
            vid.Incumbent(4),
            {"nothing": lambda policy, day: policy, "same page": same_page},
            monitors,
            harm="satisfaction",
            baseline_days=10,
            incident_days=2,
        ),
        ("same page", "shown"),
    )


@pytest.fixture(scope="module", params=[payments, searches, videos])
def case(request: pytest.FixtureRequest) -> Contracted:
    """One case after the other."""
    made: Contracted = request.param()
    return made


@pytest.fixture(scope="module")
def runs(case: Contracted) -> dict[str, Any]:
    """Two days of each policy, and of one of them again."""
    policies = {"today": case.today, "rival": case.rival, "again": case.rival}
    return case.simulation.counterfactual_runs(policies, 2)


def test_the_same_random_numbers_give_the_same_outcome(case, runs) -> None:
    log = case.log
    assert getattr(runs["rival"], log).equals(getattr(runs["again"], log))
    assert not getattr(runs["rival"], log).equals(getattr(runs["today"], log))
    alone = case.simulation.run(deepcopy(case.rival), 2)
    assert getattr(alone, log).equals(getattr(runs["rival"], log))
    other = case.simulation.run(deepcopy(case.rival), 2, seed=2)
    assert not getattr(alone, log).equals(getattr(other, log))


def test_a_scoreboard_is_per_thousand_units_and_day(case, runs) -> None:
    board = case.simulation.scoreboard(runs)
    n = case.simulation.n_units(runs.values())
    for name, outcome in runs.items():
        expected = case.simulation.per_unit_totals(outcome).sum() / n / 2 * 1_000
        found = board.loc[name].map(lambda interval: interval.estimate)
        assert found.to_numpy(float) == pytest.approx(expected.to_numpy(float))


def test_differences_of_a_scoreboard_are_paired(case, runs) -> None:
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
    """An A/B test of those with an even and those with an odd number."""

    def names(self, unit: np.ndarray) -> np.ndarray:
        """(n,) of each unit's arm."""
        return np.where(unit % 2 == 0, "even", "odd")


def test_an_experiment_compares_everybody_who_existed(case, runs) -> None:
    outcome = runs["today"]
    totals = case.simulation.per_unit_totals(outcome) * 500  # of two days
    read = case.simulation.compare(outcome, Halves(), "even", "odd")
    turned = case.simulation.compare(outcome, Halves(), "odd", "even")
    gap = totals.iloc[::2].mean() - totals.iloc[1::2].mean()
    for column in totals:
        assert read[column].estimate == pytest.approx(gap[column], abs=1e-9)
        assert turned[column].estimate == pytest.approx(-gap[column], abs=1e-9)


@pytest.fixture(scope="module")
def before(case: Contracted) -> Any:
    """The days before any incident."""
    return case.drill.baseline()


def numbers(drill: IncidentDrill[Any], run: Any, before: Any) -> pd.DataFrame:
    """What is watched of a run, by day."""
    see = drill.monitors.observe
    return drill.monitors.daily_numbers(see(*run), see(*before))


def test_a_branch_without_incident_is_the_run_that_goes_on(case, before) -> None:
    drill = case.drill
    days = drill.baseline_days + drill.incident_days
    policy = deepcopy(drill.policy)
    whole = numbers(drill, (policy, drill.simulation.run(policy, days)), before)
    branch = numbers(drill, drill.branch(before, None), before)
    pd.testing.assert_frame_equal(branch, whole.loc[drill.first_day :])


def test_a_fault_shows_from_its_day_on_and_not_before(case, before) -> None:
    drill, (kind, _) = case.drill, case.loud
    early = numbers(drill, before, before)
    assert early.index.max() == drill.first_day - 1
    broken = numbers(drill, drill.branch(before, kind), before)
    assert broken.index.min() == drill.first_day
    sound = numbers(drill, drill.branch(before, None), before)
    changed = (broken != sound).any(axis=1)
    assert changed.loc[drill.first_day]
    pd.testing.assert_frame_equal(numbers(drill, before, before), early)


def test_a_loud_fault_is_noticed_at_once_and_no_fault_never(case) -> None:
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


def test_an_unknown_incident_is_refused(case) -> None:
    with pytest.raises(KeyError, match=r"unknown .*flood.* choose from .*nothing"):
        case.drill.run(["nothing", "flood"])
