"""Policies: from a day's payments to actions, as the world's `live` calls them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.features import LiveFeatures
from sevensteps.cases.fraud.world import Action, History, View
from sevensteps.simulate import Calendar
from sevensteps.world.arrays import join, take

from .models import Features, Floats, Sample

Actions = NDArray[np.int8]
Score = Callable[[Features], Floats]
Decide = Callable[[Floats, Floats], Actions]  # (scores, amounts) -> (n,) actions
Fit = Callable[[Features, NDArray[np.bool_], Floats], Score]
Blocked = Literal["dropped", "as_fraud", "weighted"]


def allow_everything(batch: pa.Table, view: View) -> Actions:
    """No decision at all."""
    return np.zeros(len(batch), np.int8)


def _amount(batch: pa.Table) -> Floats:
    return np.asarray(batch["amount"].to_numpy(), np.float64)


@dataclass
class ModelPolicy:
    """Features, then a score, then an action.

    Parameters
    ----------
    live : LiveFeatures       warmed with the history; it moves on with each day
    score : (n, F) -> (n,)    e.g. the calibrated probability of fraud
    decide : (scores, amounts) -> (n,) actions
    """

    live: LiveFeatures
    score: Score
    decide: Decide

    def __call__(self, batch: pa.Table, view: View) -> Actions:
        features = self.live.step(batch, view.new_chargebacks)
        return self.decide(self.score(features), _amount(batch))


@dataclass
class SplitByCardholder:
    """Two scores on disjoint cardholders, in one world: an A/B test.

    Parameters
    ----------
    live : LiveFeatures       of all payments, so that both arms have whole features
    control, treatment : (n, F) -> (n,)
    decide : (scores, amounts) -> (n,) actions, the same for both arms
    in_treatment : (n_cardholders,) bool
    """

    live: LiveFeatures
    control: Score
    treatment: Score
    decide: Decide
    in_treatment: NDArray[np.bool_]

    def __call__(self, batch: pa.Table, view: View) -> Actions:
        features = self.live.step(batch, view.new_chargebacks)
        treated = self.in_treatment[batch["cardholder_id"].to_numpy()]
        score = np.empty(len(features))
        score[treated] = self.treatment(features[treated])
        score[~treated] = self.control(features[~treated])
        return self.decide(score, _amount(batch))


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """Payments that a model may be trained on; arrays of one length."""

    day: NDArray[np.int32]
    payment_id: NDArray[np.int64]
    features: Features
    blocked: NDArray[np.bool_]
    weight: Floats  # 1 / propensity of the action taken

    @classmethod
    def from_history(cls, rows: Sample, history: History) -> "TrainingLog":
        """Sampled payments of a history, as its policy of the time let them through."""
        return cls(
            day=rows.day,
            payment_id=history.column("payment_id")[rows.row],
            features=rows.x,
            blocked=history.column("action")[rows.row] == Action.BLOCK,
            weight=np.ones(len(rows)),
        )


@dataclass
class RetrainingPolicy:
    """Retrain every `cadence` days on the last `window` days of its own log.

    Parameters
    ----------
    live : LiveFeatures
    fit : (features, labels, weights) -> score
    decide : (scores, amounts) -> actions
    log : the past, to begin with
    reported : (n,) ids of the payments charged back so far
    cadence : days between trainings; 0 trains once, at the start
    window, label_gap : days: train on [today - window, today - label_gap)
    blocked : what a blocked payment is to training: "dropped", "as_fraud", or
        "weighted": dropped, and the explored ones stand for them by 1 / propensity
    explore : share of blocks that are let through at random
    """

    live: LiveFeatures
    fit: Fit
    decide: Decide
    log: TrainingLog
    reported: NDArray[np.int64]
    cadence: int = 0
    window: int = 120
    label_gap: int = 21
    blocked: Blocked = "dropped"
    explore: float = 0.0
    score: Score | None = field(default=None, init=False)
    calendar: Calendar = field(init=False)
    _new: list[TrainingLog] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.explore < 1:
            raise ValueError(f"explore must lie in [0, 1); got {self.explore}")
        self.calendar = Calendar(self.cadence)
        if not 0 <= self.label_gap < self.window:
            raise ValueError("need window > label_gap >= 0, in days")
        if self.blocked not in get_args(Blocked):
            known = get_args(Blocked)
            raise ValueError(f"blocked must be one of {known}, not {self.blocked!r}")

    def __call__(self, batch: pa.Table, view: View) -> Actions:
        new = view.new_chargebacks["payment_id"].to_numpy()
        self.reported = np.concatenate([self.reported, new])
        features = self.live.step(batch, view.new_chargebacks)
        if self.score is None or self.calendar.due(view.day):
            self.score = self.train(view.day)
            self.calendar.note(view.day)
        wanted = self.decide(self.score(features), _amount(batch))
        return self._explored(batch, view.day, features, wanted)

    @property
    def first_day(self) -> int:
        """The day on which the policy went live."""
        return self.calendar.trained_on[0]

    def logged(self) -> TrainingLog:
        """All payments seen so far, the past's first."""
        return join([self.log, *self._new])

    def train(self, day: int) -> Score:
        """Fit on what is known when `day` begins."""
        log = self.logged()
        recent = (log.day >= day - self.window) & (log.day < day - self.label_gap)
        if self.blocked != "as_fraud":
            recent &= ~log.blocked
        log = take(log, recent)
        labels = np.isin(log.payment_id, self.reported)
        if self.blocked == "as_fraud":
            labels |= log.blocked
        weighted = self.blocked == "weighted"
        weight = log.weight if weighted else np.ones(len(labels))
        return self.fit(log.features, labels, weight)

    def _explored(
        self, batch: pa.Table, day: int, features: Features, wanted: Actions
    ) -> Actions:
        """Let a share of the blocks through, and log everything."""
        rng = np.random.default_rng([0, day])
        stop = wanted == Action.BLOCK
        let = stop & (rng.random(len(wanted)) < self.explore)
        logged = TrainingLog(
            day=np.full(len(wanted), day, np.int32),
            payment_id=batch["payment_id"].to_numpy(),
            features=features,
            blocked=stop & ~let,
            weight=np.where(let, 1 / max(self.explore, 1e-9), 1.0),
        )
        self._new.append(logged)
        return np.where(let, Action.ALLOW, wanted).astype(np.int8)
