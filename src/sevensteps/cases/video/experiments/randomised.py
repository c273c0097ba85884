"""Randomised positions, and what other choices would have earned there."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from sevensteps.measure import Interval, doubly_robust, ips, snips
from sevensteps.simulate import UNIT_BLOCKS, mean_over_units
from sevensteps.world.arrays import chunks

from ..recommender.inputs import NAMES, Towers, inputs, shelf_on
from ..recommender.items import Events, Flags, Floats, Ids, Items, Viewers
from ..recommender.known import Known, walk
from ..recommender.policy import Goal
from ..recommender.ranking import OutcomeModel, Value
from ..world import (
    BASKET,
    DAY,
    Incumbent,
    Outcome,
    Policy,
    Requests,
    Slates,
    View,
    basket,
)
from .simulation import VideoSimulation

CHUNK = 512  # positions at a time


@dataclass(frozen=True)
class CandidateScorer:
    """What a policy would score videos by: a ranker's prediction, weighed by a goal."""

    towers: Towers
    ranker: OutcomeModel
    goal: Goal

    def __call__(
        self, known: Known, items: Items, viewers: Viewers, user: Ids, video: Ids
    ) -> Floats:
        """(n,) users, each beside (n, k) videos -> (n, k) scores."""
        shelf = shelf_on(known, items, viewers, self.towers, np.unique(user))
        parts = []
        for some in chunks(len(user), CHUNK):
            x = inputs(shelf, user[some], video[some]).reshape(-1, len(NAMES))
            parts.append(self.goal(self.ranker(x), x).reshape(-1, video.shape[1]))
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class RandomisedPositions:
    """Arrays of one length: each position that was filled at random."""

    user: Ids
    reward: Floats  # what came of the drawn video
    predicted: Floats  # what a reward model says of it
    hit: dict[str, Flags]  # by scorer, whether it would have chosen what was drawn
    expected: dict[str, Floats]  # what the reward model says of its choice

    def estimates(self, name: str) -> pd.Series:
        """Mean reward a position, had this scorer chosen: three estimates."""
        weight = BASKET * self.hit[name].astype(np.float64)
        block = self.user % UNIT_BLOCKS
        predicted = self.predicted, self.expected[name]
        return pd.Series(
            {
                "IPS": ips(self.reward, weight, block),
                "SNIPS": snips(self.reward, weight, block),
                "doubly robust": doubly_robust(self.reward, weight, *predicted, block),
            }
        )


def reward_of(events: Events, value: Value) -> Floats:
    """(n,) what a click was worth by the shares watched and likes; 0 without one."""
    after = value.base + value.share * events.share + value.like * events.liked
    return np.where(events.clicked, after, 0).astype(np.float32)


def randomised_positions(
    simulation: VideoSimulation,
    outcome: Outcome,
    scorers: Mapping[str, CandidateScorer],
    model: CandidateScorer,
    value: Value,
    seed: int,
) -> RandomisedPositions:
    """Read an outcome's randomised positions, and let every scorer choose there.

    `model` is of the reward at the first position, for the doubly robust estimate;
    `seed` is that of the policy that drew, from which its baskets follow.
    """
    events, items, viewers = simulation.log_with(outcome)
    parts = []
    for today, known in walk(events, items, viewers, simulation.examination):
        if known.day < simulation.history.days:
            continue
        some = today.take(today.explored)
        every = _baskets(outcome, known.day, seed)[viewers.language[some.user]]
        at = known, items, viewers, some.user, every
        predicted = model(*at) * simulation.examination[some.position][:, None]
        row, own = np.arange(len(some)), (every == some.item[:, None]).argmax(axis=1)
        part: dict[Any, Any] = {
            "user": some.user,
            "reward": reward_of(some, value),
            "predicted": predicted[row, own],
        }
        for name, scorer in scorers.items():
            best = scorer(*at).argmax(axis=1)
            part["hit", name], part[name] = best == own, predicted[row, best]
        parts.append(part)
    whole = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return RandomisedPositions(
        user=whole["user"],
        reward=whole["reward"],
        predicted=whole["predicted"],
        hit={name: whole["hit", name] for name in scorers},
        expected={name: whole[name] for name in scorers},
    )


def _baskets(outcome: Outcome, day: int, seed: int) -> Ids:
    """(languages, BASKET) what a day's exploration drew from."""
    there = pc.less_equal(outcome.videos["uploaded_at"], day * DAY)
    videos = outcome.videos.filter(there)
    view = View(day, outcome.users, outcome.users.slice(0, 0), videos, None)
    return basket(seed, view)


@dataclass
class BestOfBasket:
    """Today's policy, but a scorer chooses where it would have drawn at random."""

    simulation: VideoSimulation
    scorer: CandidateScorer
    seed: int
    _policy: Incumbent = field(init=False)
    _known: Known = field(init=False)

    def __post_init__(self) -> None:
        self._policy = Incumbent(self.seed)
        self._known = deepcopy(self.simulation.known)

    def __call__(self, requests: Requests, view: View) -> Slates:
        """The same pages, the same positions, a chosen video instead of a drawn one."""
        slates = self._policy(requests, view)
        items, viewers = Items.of(view.videos), Viewers.of(view.users)
        if view.day > self.simulation.history.days and view.log is not None:
            yesterday = Events.of(view.log, items)
            self._known.learn(yesterday, items, viewers, view.day)
        self._known.meet(items, viewers)
        self._known.day = view.day
        user = requests.user_id
        every = basket(self.seed, view)[viewers.language[user]]
        score = self.scorer(self._known, items, viewers, user, every)
        best = every[np.arange(len(user)), score.argmax(axis=1)]
        twice = (slates.video_id == best[:, None]) & ~slates.explored
        slates.video_id[twice] = -1
        slates.video_id[slates.explored] = best
        return slates


def earned(
    simulation: VideoSimulation, policy: Policy, value: Value, days: int
) -> Interval:
    """Mean reward of the positions that a policy marks as explored, in production."""
    events, _, _ = simulation.log_with(simulation.run(policy, days))
    some = events.take(events.explored & (events.day >= simulation.history.days))
    return mean_over_units(reward_of(some, value), some.user)
