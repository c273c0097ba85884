"""Places that were filled by lot, and what other choices would have earned there."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.cases.video.recommender.inputs import NAMES, inputs, shelf_on
from sevensteps.cases.video.recommender.items import Events, Floats, Ids, Items, Viewers
from sevensteps.cases.video.recommender.known import Known, walk
from sevensteps.cases.video.recommender.policy import Goal
from sevensteps.cases.video.recommender.ranking import Ranker, Value
from sevensteps.cases.video.recommender.towers import Towers
from sevensteps.cases.video.world import (
    BASKET,
    Incumbent,
    Outcome,
    Policy,
    Requests,
    Slates,
    View,
    basket,
)
from sevensteps.measure import Interval, doubly_robust, ips, snips
from sevensteps.simulate.people import BLOCKS

from .town import DAY, Town

CHUNK = 512  # places at a time


@dataclass(frozen=True)
class Scorer:
    """What a policy would score videos by: a ranker's guess, weighed by a goal."""

    towers: Towers
    ranker: Ranker
    goal: Goal

    def __call__(
        self, known: Known, items: Items, viewers: Viewers, user: Ids, video: Ids
    ) -> Floats:
        """(n,) users, each beside (n, k) videos -> (n, k) scores."""
        shelf = shelf_on(known, items, viewers, self.towers, np.unique(user))
        parts = []
        for first in range(0, len(user), CHUNK):
            some = slice(first, first + CHUNK)
            x = inputs(shelf, user[some], video[some]).reshape(-1, len(NAMES))
            parts.append(self.goal(self.ranker(x), x).reshape(-1, video.shape[1]))
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class Draws:
    """Arrays of one length: each place that the lot filled.

    Attributes
    ----------
    user : (n,) int32
    hit : {name: (n,) bool}           whether a scorer would have chosen what was drawn
    guessed, expected : what a reward model says of the drawn, and of each choice
    reward : (n,) what came of the drawn video
    """

    user: Ids
    reward: Floats
    guessed: Floats
    hit: dict[str, NDArray[np.bool_]]
    expected: dict[str, Floats]

    def estimates(self, name: str) -> pd.Series:
        """Mean reward a place, had this scorer chosen: three estimates."""
        weight = BASKET * self.hit[name].astype(np.float64)
        block = self.user % BLOCKS
        told = self.guessed, self.expected[name]
        return pd.Series(
            {
                "IPS": ips(self.reward, weight, block),
                "SNIPS": snips(self.reward, weight, block),
                "doubly robust": doubly_robust(self.reward, weight, *told, block),
            }
        )


def reward_of(events: Events, value: Value) -> Floats:
    """(n,) what a click was worth by the shares watched and likes; 0 without one."""
    after = value.base + value.share * events.share + value.like * events.liked
    return np.where(events.clicked, after, 0).astype(np.float32)


def draws(
    town: Town,
    outcome: Outcome,
    scorers: Mapping[str, Scorer],
    model: Scorer,
    value: Value,
    seed: int,
) -> Draws:
    """Read an outcome's places that were drawn, and let every scorer choose there.

    Parameters
    ----------
    model : of the reward in the first place, for the doubly robust estimate
    seed : of the policy that drew, from which its baskets follow
    """
    events, items, viewers = town.log_with(outcome)
    parts = []
    for today, known in walk(events, items, viewers, town.looks):
        if known.day < town.history.days:
            continue
        some = today.take(today.explored)
        every = _baskets(outcome, known.day, seed)[viewers.language[some.user]]
        at = known, items, viewers, some.user, every
        guess = model(*at) * town.looks[some.position][:, None]
        own = (every == some.item[:, None]).argmax(axis=1)
        chosen = {name: scorer(*at).argmax(axis=1) for name, scorer in scorers.items()}
        parts.append(_drawn(some, value, guess, own, chosen))
    return _joined(parts)


def _drawn(
    some: Events,
    value: Value,
    guess: Floats,
    own: NDArray[np.intp],
    chosen: Mapping[str, NDArray[np.intp]],
) -> Draws:
    row = np.arange(len(some))
    return Draws(
        user=some.user,
        reward=reward_of(some, value),
        guessed=guess[row, own],
        hit={name: best == own for name, best in chosen.items()},
        expected={name: guess[row, best] for name, best in chosen.items()},
    )


def _joined(parts: list[Draws]) -> Draws:
    names = parts[0].hit
    return Draws(
        user=np.concatenate([p.user for p in parts]),
        reward=np.concatenate([p.reward for p in parts]),
        guessed=np.concatenate([p.guessed for p in parts]),
        hit={k: np.concatenate([p.hit[k] for p in parts]) for k in names},
        expected={k: np.concatenate([p.expected[k] for p in parts]) for k in names},
    )


def _baskets(outcome: Outcome, day: int, seed: int) -> Ids:
    """(languages, BASKET) what a day's exploration drew from."""
    there = pc.less_equal(outcome.videos["uploaded_at"], day * DAY)
    videos = outcome.videos.filter(there)
    view = View(day, outcome.users, outcome.users.slice(0, 0), videos, None)
    return basket(seed, view)


@dataclass
class BestOfBasket:
    """Today's policy, but a scorer chooses where the lot would have drawn."""

    town: Town
    scorer: Scorer
    seed: int
    _policy: Incumbent = field(init=False)
    _known: Known = field(init=False)

    def __post_init__(self) -> None:
        self._policy, self._known = Incumbent(self.seed), deepcopy(self.town.known)

    def __call__(self, requests: Requests, view: View) -> Slates:
        """The same pages, the same places, a chosen video instead of a drawn one."""
        slates = self._policy(requests, view)
        items, viewers = Items.of(view.videos), Viewers.of(view.users)
        if view.day > self.town.history.days and view.log is not None:
            told = Events.of(view.log, items)
            self._known.learn(told, items, viewers, view.day)
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


def earned(town: Town, policy: Policy, value: Value, days: int) -> Interval:
    """Mean reward of the places that a policy marks as explored, lived for real."""
    events, _, _ = town.log_with(town.run(policy, days))
    some = events.take(events.explored & (events.day >= town.history.days))
    return snips(reward_of(some, value), np.ones(len(some)), some.user % BLOCKS)
