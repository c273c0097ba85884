"""A card issuer under one policy after another, and a model in shadow in a drill."""

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps import monitor
from sevensteps.cases.fraud import world as pay
from sevensteps.cases.fraud.features import FEATURES, LiveFeatures
from sevensteps.cases.fraud.money import expected_costs
from sevensteps.measure import Interval, average_precision
from sevensteps.simulate import IncidentDrill, Monitors, Simulation
from sevensteps.world.arrays import take

from .models import Features, Floats, Probability, Sample, sample, trees
from .policies import Actions, RetrainingPolicy, Score, TrainingLog

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

    costs: pay.Costs

    def __call__(self, p: Floats, amount: Floats) -> Actions:
        """(n,) probabilities and euros -> (n,) actions."""
        euros = expected_costs(p, amount, self.costs)
        block = euros[:, pay.Action.BLOCK] < euros[:, pay.Action.ALLOW]
        return np.where(block, pay.Action.BLOCK, pay.Action.ALLOW).astype(np.int8)


@dataclass(frozen=True)
class PaymentsSimulation(Simulation[pay.PaymentsWorld, pay.History, pay.Outcome]):
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
        known = chargebacks["reported_at"].to_numpy() < self.history.days * pay.DAY
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

    def per_unit_totals(self, outcome: pay.Outcome) -> pd.DataFrame:
        """(cardholders,) euros: each cost, the margin, and `net` = margin - costs."""
        euros = outcome.ledger.drop(["payment_id", "day"]).to_pandas().astype("f8")
        totals = euros.groupby(outcome.payments["cardholder_id"].to_numpy()).sum()
        totals = totals.reindex(range(self.history.cardholders.num_rows), fill_value=0)
        totals["net"] = 2 * totals["margin"] - totals.sum(axis=1)
        return totals

    def n_days(self, outcome: pay.Outcome) -> int:
        """Days that an outcome holds."""
        return len(outcome.caution)


@dataclass(frozen=True)
class PolicyRun:
    """A retraining policy as its days left it, and what the world answered."""

    policy: RetrainingPolicy
    outcome: pay.Outcome

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
        day = self.outcome.payments["paid_at"].to_numpy() // pay.DAY
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
        return monitor.half_life(np.arange(n), thefts, caught)


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


INPUTS = (
    "amount",
    "amount_ratio",
    "card_n_24h",
    "card_device_30d",
    "is_online",
    "is_foreign",
    "ip_foreign",
    "address_match",
    "ip_risk",
    "device_missing",
)
_COLUMNS = [FEATURES.index(name) for name in INPUTS]
WARM_UP = 45  # the features of earlier days are still filling up
_SUSPICIOUS = 0.01  # a probability above which a payment counts as an alert
_ODD, _ENOUGH = 20.0, 3  # a merchant's amounts against its usual; its payments a day


@dataclass(frozen=True)
class ShadowDays:
    """Days of a history in which a model scored and decided nothing."""

    rows: Sample
    merchant: NDArray[np.int32]  # (n,) of each payment
    probability: NDArray[np.float64]  # (n,) of fraud, as the model says
    reported_day: NDArray[np.int64]  # (m,) of all chargebacks, also of earlier payments
    end: int  # the day after the last


@dataclass(frozen=True)
class ShadowSimulation(PaymentsSimulation):
    """A model in shadow: the world's own rule decides, and the past goes on.

    Nothing follows from a score, so a run is a history that is that much longer.
    """

    def run(  # type: ignore[override]
        self,
        policy: Score,
        days: int,
        *,
        seed: int = 0,
        after: ShadowDays | None = None,
    ) -> ShadowDays:
        """Score the days that follow the history, or other shadow days."""
        start = self.history.days if after is None else after.end
        history = self.world.history(start + days)
        rows = sample(history, {start: 1.0})
        merchant = history.column("merchant_id")[rows.row]
        reported_day = history.chargebacks["reported_at"].to_numpy() // pay.DAY
        p, end = policy(rows.x), start + days
        return ShadowDays(rows, merchant, p, reported_day, end)


def daily_numbers(days: ShadowDays, usual: ShadowDays) -> pd.DataFrame:
    """One number a day for each thing that is watched; `usual` days are expected."""
    reference = monitor.DriftReference.fit(usual.rows.x[::10][:, _COLUMNS], INPUTS)
    rows, p = days.rows, days.probability
    numbers = reference.psi_by_day(rows.x[:, _COLUMNS], rows.day)
    numbers["alerts"] = pd.Series(p > _SUSPICIOUS).groupby(rows.day).sum()
    numbers["frauds"] = monitor.expected_by_day(p, rows.day)
    numbers["chargebacks"] = monitor.reports_by_day(days.reported_day, numbers.index)
    numbers["merchants"] = odd_merchants(rows, days.merchant)
    return numbers


def odd_merchants(rows: Sample, merchant: NDArray[np.integer]) -> pd.Series:
    """Merchants, by day, whose typical amount is far above their own last month's.

    A fault in one merchant's feed hardly moves a histogram of all payments. Here each
    merchant is compared with itself.
    """
    ratio = rows.amount / rows.column("merchant_mean_30d")
    table = pd.DataFrame({"day": rows.day, "merchant": merchant, "ratio": ratio})
    each = table.groupby(["day", "merchant"])["ratio"].agg(["median", "size"])
    odd = (each["median"] > _ODD) & (each["size"] >= _ENOUGH)
    return odd.groupby("day").sum().astype(float)


MONITORS: Monitors[ShadowDays] = Monitors(
    reads={
        "inputs": INPUTS,
        "merchants": ("merchants",),
        "scores": ("alerts", "frauds"),
        "chargebacks": ("chargebacks",),
    },
    observe=lambda policy, outcome: outcome,
    daily_numbers=daily_numbers,
)


def incident_drill(
    world: pay.PaymentsWorld, score: Score, start: int
) -> IncidentDrill[ShadowDays]:
    """Each incident of a world without any, from day `start` to its end.

    `score` gives the (n,) probabilities of the model in production for (n, F) features;
    thresholds come from the days before `start`.
    """
    return IncidentDrill(
        simulation=ShadowSimulation(world, world.history(WARM_UP)),
        policy=score,
        faults={},
        monitors=MONITORS,
        incidents=dict.fromkeys(pay.KINDS, pay.Incident),
        baseline_days=start - WARM_UP,
        incident_days=world.size.days - start,
    )
