"""A card issuer whose future can be run under one policy after another."""

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.fraud.features import LiveFeatures
from sevensteps.cases.fraud.money import expected_costs
from sevensteps.cases.fraud.world import (
    DAY,
    Action,
    Costs,
    History,
    Outcome,
    PaymentsWorld,
)
from sevensteps.measure import Interval, average_precision
from sevensteps.monitor import half_life
from sevensteps.simulate import Simulation
from sevensteps.world.arrays import take

from .models import Features, Floats, Probability, trees
from .policies import Actions, RetrainingPolicy, Score, TrainingLog
from .samples import sample

KEPT = 0.1  # of the honest payments, in training
FIRST = 40  # windows are thirty days long; the days before it are not logged


def fit_trees(x: Features, label: NDArray[np.bool_], weight: Floats) -> Score:
    """Train on all frauds and a tenth of the honest payments; correct the prior."""
    rows = label | (np.random.default_rng(3).random(len(label)) < KEPT)
    return Probability(trees(n_jobs=1).fit(x[rows], label[rows], weight[rows]), KEPT)


def allow_all(p: Floats, amount: Floats) -> Actions:
    """No decision at all: the world in which nothing is hidden."""
    return np.zeros(len(p), np.int8)


@dataclass(frozen=True)
class BlockOrAllow:
    """The cheaper of two actions, where the other two would only distract."""

    costs: Costs

    def __call__(self, p: Floats, amount: Floats) -> Actions:
        """(n,) probabilities and euros -> (n,) actions."""
        euros = expected_costs(p, amount, self.costs)
        block = euros[:, Action.BLOCK] < euros[:, Action.ALLOW]
        return np.where(block, Action.BLOCK, Action.ALLOW).astype(np.int8)


@dataclass(frozen=True)
class PaymentsSimulation(Simulation[PaymentsWorld, History, Outcome]):
    """A payments world after its past, with that past's features and log."""

    @cached_property
    def live_features(self) -> LiveFeatures:
        """Warmed with the past; a policy takes a copy along."""
        return LiveFeatures(self.history)

    @cached_property
    def log(self) -> TrainingLog:
        """The past's payments with their features, to begin to learn from."""
        rows = sample(self.history, {FIRST: 1.0})
        return TrainingLog.from_history(rows, self.history)

    def reported(self) -> NDArray[np.int64]:
        """Payments whose chargeback had come in when the history ended."""
        chargebacks = self.history.chargebacks
        known = chargebacks["reported_at"].to_numpy() < self.history.days * DAY
        return np.asarray(chargebacks["payment_id"].to_numpy()[known])

    def retraining(self, **how: Any) -> RetrainingPolicy:
        """A policy that begins with the past's log; `how` as for `RetrainingPolicy`."""
        return RetrainingPolicy(
            live=deepcopy(self.live_features),
            fit=fit_trees,
            log=self.log,
            reported=self.reported(),
            **how,
        )

    def per_unit_totals(self, outcome: Outcome) -> pd.DataFrame:
        """(cardholders,) euros: each cost, the margin, and `net` = margin - costs."""
        euros = outcome.ledger.drop(["payment_id", "day"]).to_pandas().astype("f8")
        totals = euros.groupby(outcome.payments["cardholder_id"].to_numpy()).sum()
        totals = totals.reindex(range(self.history.cardholders.num_rows), fill_value=0)
        totals["net"] = 2 * totals["margin"] - totals.sum(axis=1)
        return totals

    def n_days(self, outcome: Outcome) -> int:
        """Days that an outcome holds."""
        return len(outcome.caution)


@dataclass(frozen=True)
class PolicyRun:
    """A retraining policy as its days left it, and what the world answered."""

    policy: RetrainingPolicy
    outcome: Outcome

    @property
    def stolen(self) -> NDArray[np.bool_]:
        """(n,) which payments were made by thieves."""
        return np.asarray(self.outcome.truth["true_is_fraud"].to_numpy())

    @property
    def stopped(self) -> NDArray[np.bool_]:
        """(n,) which payments did not go through."""
        return np.asarray(~self.outcome.payments["approved"].to_numpy())

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


def judge_final_model(run: PolicyRun, unhidden: PolicyRun, *, last: int) -> Interval:
    """Average precision of a run's final model where nothing was blocked.

    Parameters
    ----------
    run : its policy is trained once more, with all the labels that it has, on what it
        logged before those days
    unhidden : of a policy that allows everything; its payments are scored
    last : days at its end to be judged on
    """
    now = unhidden.policy.first_day + int(unhidden.day.max()) + 1
    log = unhidden.policy.logged()
    asked = take(log, log.day >= now - last)
    ids = unhidden.outcome.truth["payment_id"].to_numpy()
    label = np.isin(asked.payment_id, ids[unhidden.stolen])
    score = run.policy.train(min(now, now - last + run.policy.label_gap))
    return average_precision(score(asked.features), label, asked.day)
