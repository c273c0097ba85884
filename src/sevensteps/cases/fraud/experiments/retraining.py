"""A policy that learns from its own decisions, on a calendar."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.experiments.models import Features
from sevensteps.cases.fraud.experiments.policies import Decide, Score
from sevensteps.cases.fraud.experiments.samples import Sample
from sevensteps.cases.fraud.features import LiveFeatures
from sevensteps.cases.fraud.world import Action, History, View
from sevensteps.simulate import Calendar

Blocked = Literal["dropped", "as_fraud", "weighted"]
Fit = Callable[[Features, NDArray[np.bool_], NDArray[np.float64]], Score]


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """Payments that a model may be trained on; arrays of one length."""

    day: NDArray[np.int32]
    payment_id: NDArray[np.int64]
    features: Features
    blocked: NDArray[np.bool_]
    weight: NDArray[np.float64]  # 1 / propensity of the action taken

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

    @classmethod
    def join(cls, parts: list["TrainingLog"]) -> "TrainingLog":
        """Parts one after another."""
        names = ("day", "payment_id", "features", "blocked", "weight")
        return cls(*(np.concatenate([getattr(p, k) for p in parts]) for k in names))

    def take(self, mask: NDArray[np.bool_]) -> "TrainingLog":
        """The rows where `mask` is true."""
        return TrainingLog(
            self.day[mask],
            self.payment_id[mask],
            self.features[mask],
            self.blocked[mask],
            self.weight[mask],
        )


@dataclass
class RetrainingPolicy:
    """Retrain every `cadence` days on the last `window` days of its own log.

    Parameters
    ----------
    live : LiveFeatures
    fit : (features, labels, weights) -> score
    decide : (scores, amounts) -> actions
    log : TrainingLog              the past, to begin with
    reported : (n,) int64     ids of the payments charged back so far
    cadence : int             days between trainings; 0 trains once, at the start
    window, label_gap : int   days: train on [today - window, today - label_gap)
    blocked : what a blocked payment is to training: "dropped", "as_fraud", or
        "weighted": dropped, and the explored ones stand for them by 1 / propensity
    explore : float           share of blocks that are let through at random
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
    seed: int = 0
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

    def __call__(self, batch: pa.Table, view: View) -> NDArray[np.int8]:
        new = view.new_chargebacks["payment_id"].to_numpy()
        self.reported = np.concatenate([self.reported, new])
        features = self.live.step(batch, view.new_chargebacks)
        score = self._score_of(view.day)
        amount = batch["amount"].to_numpy().astype(np.float64)
        wanted = self.decide(score(features), amount)
        return self._explored(batch, view.day, features, wanted)

    @property
    def first_day(self) -> int:
        """The day on which the policy went live."""
        return self.calendar.trained_on[0]

    def _score_of(self, day: int) -> Score:
        """Today's model, retrained if today is the day."""
        if self.score is None or self.calendar.due(day):
            self.score = self.train(day)
            self.calendar.note(day)
        return self.score

    def logged(self) -> TrainingLog:
        """All payments seen so far, the past's first."""
        return TrainingLog.join([self.log, *self._new])

    def train(self, day: int) -> Score:
        """Fit on what is known when `day` begins."""
        log = self.logged()
        recent = (log.day >= day - self.window) & (log.day < day - self.label_gap)
        if self.blocked != "as_fraud":
            recent &= ~log.blocked
        log = log.take(recent)
        labels = np.isin(log.payment_id, self.reported)
        weight = np.ones(len(labels))
        if self.blocked == "as_fraud":
            labels |= log.blocked
        if self.blocked == "weighted":
            weight = log.weight
        return self.fit(log.features, labels, weight)

    def _explored(
        self,
        batch: pa.Table,
        day: int,
        features: Features,
        wanted: NDArray[np.int8],
    ) -> NDArray[np.int8]:
        """Let a share of the blocks through, and log everything."""
        rng = np.random.default_rng([self.seed, day])
        stop = wanted == Action.BLOCK
        let = stop & (rng.random(len(wanted)) < self.explore)
        action = np.where(let, Action.ALLOW, wanted).astype(np.int8)
        logged = TrainingLog(
            day=np.full(len(wanted), day, np.int32),
            payment_id=batch["payment_id"].to_numpy(),
            features=features,
            blocked=stop & ~let,
            weight=np.where(let, 1 / max(self.explore, 1e-9), 1.0),
        )
        self._new.append(logged)
        return action
