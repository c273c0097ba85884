"""A world whose future can be run again and again, each time under another policy."""

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, Self, TypeVar

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from sevensteps.measure import Interval, ab_test, block_bootstrap
from sevensteps.world import Arms

WorldT = TypeVar("WorldT")
HistoryT = TypeVar("HistoryT")
OutcomeT = TypeVar("OutcomeT")
Name = TypeVar("Name", bound=Hashable)
T = TypeVar("T")
R = TypeVar("R")
MOST_PROCESSES = 4  # each holds a small world, about half a gigabyte
MOST_THREADS = 2  # they share one large world
PER = 1_000  # units, for whose days a scoreboard counts
UNIT_BLOCKS = 100  # groups of units that are redrawn together
Keep = Callable[[Any, Any], Any]


def parallel_map(
    function: Callable[[T], R], tasks: Iterable[T], *, threads: bool = False
) -> list[R]:
    """[function(task), ...], in the order of the tasks, each with its own seeds.

    `threads`: in threads, which share what is too large to be sent; else in processes.
    A small world is many small NumPy calls, and in threads they wait for each other.
    Nothing is shared through files (`max_nbytes`).
    """
    n = min(MOST_THREADS if threads else MOST_PROCESSES, os.cpu_count() or 1)
    prefer = "threads" if threads else "processes"
    with warnings.catch_warnings():  # a process that has grown is replaced: no harm
        warnings.filterwarnings("ignore", "A worker stopped")
        jobs = Parallel(n, prefer=prefer, max_nbytes=None)
        return list(jobs(delayed(function)(task) for task in tasks))


def mean_over_units(values: Any, unit: NDArray[np.integer] | None = None) -> Interval:
    """Mean of one number a unit, with units redrawn in a hundred groups.

    Means over the same units are paired: their difference has its own interval.

    Parameters
    ----------
    values : (n,) float       one number a unit; NaN is left out
    unit : (n,) int           each one's id; its position in `values` when absent
    """
    value = np.asarray(values, np.float64)
    ids = np.arange(len(value)) if unit is None else unit
    return block_bootstrap(ids % UNIT_BLOCKS).mean(value)


@dataclass(frozen=True)
class Simulation(ABC, Generic[WorldT, HistoryT, OutcomeT]):
    """A world after its past, into which policies are put.

    A case says what is summed for each unit (`per_unit_totals`); a unit is who gets a
    policy: a person, a shopper, a cardholder.
    """

    world: WorldT  # with `live` and `inject`
    history: HistoryT  # its past, the same for every policy
    #: Runs share this world in threads, since it is too large to be copied to
    #: processes, or so small that they would take longer to start
    threads: bool = False

    @abstractmethod
    def per_unit_totals(self, outcome: OutcomeT) -> pd.DataFrame:
        """(units,) sums over an outcome's days; zeros for whoever never came."""

    def n_days(self, outcome: OutcomeT) -> int:
        """Days that an outcome holds."""
        lived: Any = outcome
        return len(lived.daily)

    def n_units(self, outcomes: Collection[OutcomeT]) -> int:
        """Units over which a scoreboard takes means: all that some outcome has."""
        return max(len(self.per_unit_totals(outcome)) for outcome in outcomes)

    def __getstate__(self) -> dict[str, Any]:
        """World and past alone: what was derived from them is not sent along."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def run(
        self, policy: Any, days: int, *, seed: int = 1, after: OutcomeT | None = None
    ) -> OutcomeT:
        """Put one policy in production, from now on or after an outcome.

        The policy is left as its days made it; `seed` is that of this future.
        """
        world: Any = self.world
        how = {} if after is None else {"after": after}
        outcome: OutcomeT = world.live(policy, days, seed, history=self.history, **how)
        return outcome

    def counterfactual_runs(
        self,
        policies: Mapping[Name, Any],
        days: int,
        *,
        seed: int = 1,
        keep: Keep | None = None,
    ) -> dict[Name, Any]:
        """The same people with the same random numbers, under a copy of each policy.

        `keep` is what is handed back of a run, from the policy as its days left it and
        the outcome; the outcome when absent.
        """

        def one(policy: Any) -> Any:
            policy = deepcopy(policy)
            outcome = self.run(policy, days, seed=seed)
            return outcome if keep is None else keep(policy, outcome)

        lived = parallel_map(one, policies.values(), threads=self.threads)
        return dict(zip(policies, lived, strict=True))

    def in_world(self, world: WorldT) -> Self:
        """The same past, and the future of another world that shares it."""
        return replace(self, world=world)

    def inject(self, *incidents: Any) -> Self:
        """The same past, and a future to which something happens."""
        world: Any = self.world
        return self.in_world(world.inject(*incidents))

    def scoreboard(self, outcomes: Mapping[Name, OutcomeT]) -> pd.DataFrame:
        """A row of intervals for each outcome: per 1,000 units and day.

        Rows come from the same units, so their differences are paired.
        """
        everybody = range(self.n_units(outcomes.values()))
        days = min(map(self.n_days, outcomes.values()))
        rows = {}
        for name, outcome in outcomes.items():
            totals = self.per_unit_totals(outcome).reindex(everybody, fill_value=0)
            daily = totals.mul(PER / days)
            rows[name] = {column: mean_over_units(daily[column]) for column in daily}
        return pd.DataFrame.from_dict(rows, orient="index")

    def compare(
        self, outcome: OutcomeT, arms: Arms, treatment: str, control: str
    ) -> pd.Series:
        """What an A/B test reads per 1,000 units and day, with Welch's intervals.

        Everybody who existed counts, seen or not; `arms` is the policy that was run.
        """
        totals = self.per_unit_totals(outcome) * (PER / self.n_days(outcome))
        arm = arms.names(np.arange(len(totals)))
        new, old = totals[arm == treatment], totals[arm == control]
        return pd.Series({c: ab_test(new[c], old[c]).difference for c in totals})


@dataclass
class Calendar:
    """The first day, and then every `cadence` days; 0 trains once.

    >>> weekly = Calendar(7)
    >>> for day in range(20, 40):
    ...     if weekly.due(day):
    ...         weekly.note(day)
    >>> weekly.trained_on
    [20, 27, 34]
    """

    cadence: int
    trained_on: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.cadence < 0:
            raise ValueError(f"cadence must be >= 0 days, got {self.cadence}")

    def due(self, day: int) -> bool:
        """Whether to train on `day`."""
        if not self.trained_on:
            return True
        return self.cadence > 0 and day - self.trained_on[-1] >= self.cadence

    def note(self, day: int) -> None:
        """Remember that a model was trained on `day`."""
        self.trained_on.append(day)
