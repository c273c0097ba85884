"""A small company whose policy learns from its own decisions; its thieves learn too."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.fraud.experiments.models import (
    Features,
    Floats,
    Probability,
    trees,
)
from sevensteps.cases.fraud.experiments.policies import Score
from sevensteps.cases.fraud.experiments.retraining import Logged, RetrainingPolicy
from sevensteps.cases.fraud.experiments.samples import sample
from sevensteps.cases.fraud.features import LiveFeatures
from sevensteps.cases.fraud.money import CostsLike, expected_costs
from sevensteps.cases.fraud.world import DAY, Action, History, Outcome, PaymentsWorld
from sevensteps.measure import Interval, average_precision
from sevensteps.monitor import half_life
from sevensteps.simulate.parallel import side_by_side

Name = TypeVar("Name", bound=Hashable)
KEPT = 0.1  # of the honest payments, in training
FIRST = 40  # windows are thirty days long; the days before it are not logged


def fit_trees(
    x: Features, label: NDArray[np.bool_], weight: NDArray[np.float64]
) -> Score:
    """Train on all frauds and a tenth of the honest payments; put the prior back."""
    rows = label | (np.random.default_rng(3).random(len(label)) < KEPT)
    return Probability(trees(n_jobs=1).fit(x[rows], label[rows], weight[rows]), KEPT)


def allow_all(p: Floats, amount: Floats) -> NDArray[np.int8]:
    """No decision at all: the world in which nothing is hidden."""
    return np.zeros(len(p), np.int8)


@dataclass(frozen=True)
class BlockOrAllow:
    """The cheaper of two actions, to keep a lesson clean of the other two."""

    costs: CostsLike

    def __call__(self, p: Floats, amount: Floats) -> NDArray[np.int8]:
        """(n,) probabilities and euros -> (n,) actions."""
        euros = expected_costs(p, amount, self.costs)
        block = euros[:, Action.BLOCK] < euros[:, Action.ALLOW]
        return np.where(block, Action.BLOCK, Action.ALLOW).astype(np.int8)


@dataclass(frozen=True)
class Run:
    """One policy's days: what it logged and learned, and what the world answered."""

    policy: RetrainingPolicy
    outcome: Outcome

    @property
    def stolen(self) -> NDArray[np.bool_]:
        """(n,) which payments were made by thieves."""
        return self.outcome.truth["true_is_fraud"].to_numpy()

    @property
    def stopped(self) -> NDArray[np.bool_]:
        """(n,) which payments did not go through."""
        return ~self.outcome.payments["approved"].to_numpy()

    @property
    def day(self) -> NDArray[np.int64]:
        """(n,) days since the policy went live."""
        day = self.outcome.payments["paid_at"].to_numpy() // DAY
        return np.asarray(day - day.min())

    def recall(self, days: int) -> pd.Series:
        """Share of thefts that were stopped, in spans of so many days."""
        span = pd.Series(self.day[self.stolen] // days * days, name="day")
        return pd.Series(self.stopped[self.stolen]).groupby(span).mean()

    def half_life(self) -> Interval:
        """Days in which recall halves."""
        n = int(self.day.max()) + 1
        thefts = np.bincount(self.day[self.stolen], minlength=n)
        caught = np.bincount(self.day[self.stolen & self.stopped], minlength=n)
        return half_life(np.arange(n), thefts, caught)


@dataclass(frozen=True)
class Town:
    """A world, its past, and the past's log to begin to learn from.

    Parameters
    ----------
    world : PaymentsWorld     of a size at which a hundred days pass in seconds
    history : History         its past
    """

    world: PaymentsWorld
    history: History
    log: Logged
    live: LiveFeatures

    @classmethod
    def of(cls, world: PaymentsWorld) -> Town:
        """Compute the past's features once, for all policies."""
        history = world.history()
        rows = sample(history, {FIRST: 1.0})
        return cls(world, history, Logged.of(rows, history), LiveFeatures(history))

    def run(
        self,
        days: int,
        *,
        luck: int = 1,
        world: PaymentsWorld | None = None,
        **how: Any,
    ) -> Run:
        """Put one policy in production.

        Parameters
        ----------
        days : int            in production
        luck : int            which of the world's futures
        world : PaymentsWorld another world with the same past, if not the town's own
        how                   as for `RetrainingPolicy`
        """
        policy = RetrainingPolicy(
            live=copy.deepcopy(self.live),
            fit=fit_trees,
            log=self.log,
            reported=self.told(),
            **how,
        )
        world = world or self.world
        outcome = world.live(policy, days=days, seed=luck, history=self.history)
        return Run(policy, outcome)

    def run_all(
        self, plans: Mapping[Name, Mapping[str, Any]], days: int
    ) -> dict[Name, Run]:
        """The same people under each plan: the arguments of `run` besides the days."""
        runs = side_by_side(lambda how: self.run(days, **how), plans.values())
        return dict(zip(plans, runs, strict=True))

    def told(self) -> NDArray[np.int64]:
        """Payments whose chargeback had come in when the history ended."""
        chargebacks = self.history.chargebacks
        now = self.history.days * DAY
        known = chargebacks["reported_at"].to_numpy() < now
        return chargebacks["payment_id"].to_numpy()[known]


def judge(run: Run, unhidden: Run, *, last: int) -> Interval:
    """Average precision of a run's final model where nothing was blocked.

    Parameters
    ----------
    run : Run                 its policy is trained once more, with all the labels that
                              it has, on what it logged before those days
    unhidden : Run            of a policy that allows everything; it asks the questions
    last : int                days at its end to be judged on
    """
    n_days = int(unhidden.day.max()) + 1
    now = unhidden.policy.first_day + n_days
    log = unhidden.policy.logged()
    asked = log.take(log.day >= now - last)
    stolen = dict(
        zip(
            unhidden.outcome.truth["payment_id"].to_pylist(),
            unhidden.stolen.tolist(),
            strict=True,
        )
    )
    label = np.array([stolen[i] for i in asked.payment_id.tolist()])
    score = run.policy.train(min(now, now - last + run.policy.label_gap))
    return average_precision(score(asked.features), label, asked.day)
