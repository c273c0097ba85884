"""Monitors of a recommender, and what should set them off: in the world, and inside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.cases.video.recommender.inputs import NAMES
from sevensteps.cases.video.recommender.items import Events, Floats, Items
from sevensteps.cases.video.recommender.policy import Encoder, TwoStage
from sevensteps.cases.video.recommender.ranking import OutcomeModel, Prediction, Value
from sevensteps.cases.video.recommender.towers import Towers
from sevensteps.cases.video.world import (
    KINDS,
    Incident,
    Outcome,
    Requests,
    Slates,
    View,
)
from sevensteps.monitor import DriftReference
from sevensteps.simulate import IncidentDrill, Monitors

from .faults import RareRebuild, SilentInput, SkewedIndex
from .retraining import RetrainedTwoStage
from .simulation import VideoSimulation

MUTED = "share_of_near"  # the input that falls silent
KEPT = 199  # one candidate of so many is kept for the monitors
NEW = 3  # days for which a video counts as new
NEVER = 10_000  # days between two builds


@dataclass
class RecordingRanker:
    """A ranker that keeps some of its inputs, and what its predictions are worth.

    Parameters
    ----------
    value : prices a prediction
    silent : what happens to the inputs on their way
    indexed : from what towers the search's vectors come instead
    """

    value: Value
    ranker: OutcomeModel | None = None
    silent: SilentInput | None = None
    indexed: Callable[[Towers], Encoder] | None = None
    day: int = 0
    inputs: dict[int, list[Floats]] = field(default_factory=dict)
    worth: dict[int, list[Floats]] = field(default_factory=dict)

    def instrument(self, policy: TwoStage) -> TwoStage:
        """The policy with its ranker recorded, and whatever is broken."""
        if policy.ranker is not self:
            self.ranker = policy.ranker
        encoder = self.indexed(policy.towers) if self.indexed else None
        return replace(policy, ranker=self, indexed=encoder)

    def __call__(self, x: Floats) -> Prediction:
        """(n, inputs) -> predictions."""
        assert self.ranker is not None
        x = self.silent(x, self.day) if self.silent else x
        predicted = self.ranker(x)
        self.inputs.setdefault(self.day, []).append(x[::KEPT])
        self.worth.setdefault(self.day, []).append(self.value(predicted)[::KEPT])
        return predicted


@dataclass
class RecordedPolicy:
    """A company that retrains, and whose rankers are recorded day by day."""

    learner: RetrainedTwoStage
    recorder: RecordingRanker

    @classmethod
    def of(cls, learner: RetrainedTwoStage) -> RecordedPolicy:
        """Recorded from its first day on."""
        recorder = RecordingRanker(learner.value)
        return cls(replace(learner, instrument=recorder.instrument), recorder)

    def __call__(self, requests: Requests, view: View) -> Slates:
        """Its pages."""
        self.recorder.day = view.day
        return self.learner(requests, view)


def silent_input(policy: RecordedPolicy, day: int) -> RecordedPolicy:
    """One of the ranker's inputs arrives as zero."""
    policy.recorder.silent = SilentInput(NAMES.index(MUTED), day)
    return policy


def stale_index(policy: RecordedPolicy, day: int) -> RecordedPolicy:
    """The index of the day is the last one."""
    return _indexed(policy, partial(RareRebuild, every=NEVER, first=day))


def version_skew(policy: RecordedPolicy, day: int, *, other: Towers) -> RecordedPolicy:
    """The index holds another training's vectors."""
    return _indexed(policy, partial(SkewedIndex, other=other, first=day))


def _indexed(
    policy: RecordedPolicy, indexed: Callable[[Towers], Encoder]
) -> RecordedPolicy:
    policy.recorder.indexed = indexed
    policy.learner.instrument_now()
    return policy


@dataclass(frozen=True)
class RecordedDays:
    """What some days left for the monitors.

    Attributes
    ----------
    x, day : (n, inputs), (n,)    some of the candidates' inputs as they arrived
    numbers : DataFrame           by day, what else is watched
    """

    x: Floats
    day: NDArray[np.int64]
    numbers: pd.DataFrame

    @classmethod
    def of(cls, policy: RecordedPolicy, outcome: Outcome) -> RecordedDays:
        """Of an outcome, and of what was recorded on its days."""
        days, recorder = outcome.daily.index, policy.recorder
        inputs = [np.concatenate(recorder.inputs[day]) for day in days]
        worth = [np.concatenate(recorder.worth[day]) for day in days]
        numbers = numbers_of_log(outcome)
        numbers["worth, mean"] = [each.mean() for each in worth]
        numbers["worth, spread"] = [each.std() for each in worth]
        day = np.repeat(days, [len(x) for x in inputs])
        return cls(np.concatenate(inputs), day, numbers)


def daily_numbers(days: RecordedDays, usual: RecordedDays) -> pd.DataFrame:
    """Everything that is watched, by day: drift of each input, and the rest."""
    reference = DriftReference.fit(usual.x, NAMES)
    return reference.psi_by_day(days.x, days.day).join(days.numbers)


def numbers_of_log(outcome: Outcome) -> pd.DataFrame:
    """What the company's own log holds of each day, by day.

    Columns: visitors; clicks a page; share watched and likes a click; shares of
    impressions on new videos and on the day's ten most shown; creators shown for each
    1,000 impressions; clicks an impression and share watched of new videos; stars.
    """
    items = Items.of(outcome.videos)
    events = Events.of(outcome.impressions, items)
    rows = {day: _numbers_of_day(today, items, day) for day, today in events.days()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("day")


def _numbers_of_day(today: Events, items: Items, day: int) -> dict[str, float]:
    hit, n = today.clicked, len(today)
    new = items.born[today.item] > day - NEW
    often = np.bincount(today.item)
    asked = today.stars > 0
    return {
        "visitors": len(np.unique(today.user)),
        "clicks": hit.mean(),
        "share watched": _mean(today.share[hit]),
        "likes": _mean(today.liked[hit]),
        "shown new": new.mean(),
        "shown top 10": np.sort(often)[-10:].sum() / n,
        "creators": len(np.unique(items.creator[today.item])) * 1_000 / n,
        "clicks on new": _mean(hit[new]),
        "share watched of new": _mean(today.share[hit & new]),
        "stars": _mean(today.stars[asked]),
    }


def _mean(values: np.ndarray) -> float:
    """Of what is there; missing where nothing is."""
    return float(values.mean()) if len(values) else np.nan


MONITORS: Monitors[RecordedDays] = Monitors(
    reads={
        "inputs": NAMES,
        "scores": ("worth, mean", "worth, spread"),
        "shown": ("shown new", "shown top 10", "creators"),
        "clicks": ("clicks", "share watched", "likes", "visitors"),
        "new videos": ("clicks on new", "share watched of new"),
        "survey": ("stars",),
    },
    observe=RecordedDays.of,
    daily_numbers=daily_numbers,
)


def incident_drill(
    simulation: VideoSimulation,
    learner: RetrainedTwoStage,
    other: Towers,
    *,
    baseline_days: int = 24,
    incident_days: int = 10,
) -> IncidentDrill[RecordedDays]:
    """The world's incidents and the company's faults; harm is counted in satisfaction.

    Parameters
    ----------
    learner : the company, not yet in production
    other : of another training, for the version skew
    """
    return IncidentDrill(
        simulation=simulation,
        policy=RecordedPolicy.of(learner),
        faults={
            "stale_index": stale_index,
            "version_skew": partial(version_skew, other=other),
            "silent_input": silent_input,
        },
        monitors=MONITORS,
        incidents=dict.fromkeys(KINDS, Incident),
        harm="satisfaction",
        baseline_days=baseline_days,
        incident_days=incident_days,
    )
