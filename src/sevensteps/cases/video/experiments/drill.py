"""Monitors of a recommender, and what should set them off: in the world, and inside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.monitor import DriftReference
from sevensteps.simulate import IncidentDrill, Monitors

from ..recommender.inputs import NAMES, Towers
from ..recommender.items import Events, Floats, Items
from ..recommender.policy import Encoder
from ..recommender.ranking import OutcomeModel, Prediction
from ..world import KINDS, Incident, Outcome, Requests, Slates, View
from .retraining import RetrainedTwoStage
from .simulation import VideoSimulation

MUTED = "share_of_near"  # the input that falls silent
KEPT = 199  # one candidate of so many is kept for the monitors
NEW = 3  # days for which a video counts as new
NEVER = 10_000  # days between two builds


@dataclass
class RecordedPolicy:
    """A company that retrains; some of what its ranker sees is kept, day by day."""

    learner: RetrainedTwoStage
    silent: bool = False  # one of the ranker's inputs arrives as zero
    indexed: Callable[[Towers], Encoder] | None = None  # the search's vectors instead
    inputs: dict[int, list[Floats]] = field(default_factory=dict)  # by day
    worth: dict[int, list[Floats]] = field(default_factory=dict)

    def __call__(self, requests: Requests, view: View) -> Slates:
        """The pages of the latest model, whose ranker is recorded meanwhile."""
        policy = self.learner.policy_on(view)
        if self.indexed is not None:
            policy.indexed = self.indexed(policy.towers)
        ranker = policy.ranker
        policy.ranker = partial(self.recorded, ranker, view.day)
        slates = policy(requests, view)
        policy.ranker = ranker
        return slates

    def recorded(self, ranker: OutcomeModel, day: int, x: Floats) -> Prediction:
        """What a ranker predicts on a day."""
        if self.silent:
            x = x.copy()
            x[:, NAMES.index(MUTED)] = 0
        predicted = ranker(x)
        self.inputs.setdefault(day, []).append(x[::KEPT])
        worth = self.learner.value(predicted)
        self.worth.setdefault(day, []).append(worth[::KEPT])
        return predicted


@dataclass(frozen=True, slots=True)
class RareRebuild:
    """An index that from a day on is rebuilt every so many days only.

    Between two builds ages stand still, and a video uploaded since has no vector: the
    search does not find it.
    """

    towers: Towers
    every: int
    first: int = 0

    def __call__(self, items: Items, day: float) -> Floats:
        """(items, d) vectors as of the latest build; zero for what came later."""
        built = day
        if day >= self.first:
            built = self.first + (day - self.first) // self.every * self.every
        vector = self.towers.items(items, built)
        vector[items.born > built] = 0
        return vector


def silent_input(policy: RecordedPolicy, day: int) -> RecordedPolicy:
    """One of the ranker's inputs arrives as zero."""
    policy.silent = True
    return policy


def stale_index(policy: RecordedPolicy, day: int) -> RecordedPolicy:
    """The index of the day is the last one."""
    policy.indexed = partial(RareRebuild, every=NEVER, first=day)
    return policy


def version_skew(policy: RecordedPolicy, day: int, *, other: Towers) -> RecordedPolicy:
    """The index holds another training's vectors.

    People's vectors come from the old towers. Nothing fails, and the nearest videos
    are anybody's.
    """
    policy.indexed = lambda towers: other.items
    return policy


@dataclass(frozen=True)
class RecordedDays:
    """What some days left for the monitors."""

    x: Floats  # (n, inputs) of some candidates, as they arrived
    day: NDArray[np.int64]  # (n,)
    numbers: pd.DataFrame  # by day, what else is watched

    @classmethod
    def of(cls, policy: RecordedPolicy, outcome: Outcome) -> Self:
        """Of an outcome, and of what was recorded on its days."""
        days = outcome.daily.index
        inputs = [np.concatenate(policy.inputs[day]) for day in days]
        worth = [np.concatenate(policy.worth[day]) for day in days]
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
    """What the company's own log holds of each day, by day."""
    items = Items.of(outcome.videos)
    events = Events.of(outcome.impressions, items)
    rows = {day: _numbers_of_day(today, items, day) for day, today in events.days()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("day")


def _numbers_of_day(today: Events, items: Items, day: int) -> dict[str, float]:
    hit, n = today.clicked, len(today)
    new = items.born[today.item] > day - NEW
    often = np.bincount(today.item)
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
        "stars": _mean(today.stars[today.stars > 0]),
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

    `learner` is the company, not yet in production; `other` is of another training,
    for the version skew.
    """
    return IncidentDrill(
        simulation=simulation,
        policy=RecordedPolicy(learner),
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
