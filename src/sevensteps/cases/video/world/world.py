"""The video world: its past, its truth, and its future under a policy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sevensteps.world.disk import Progress

from .catalogue import Creators, Space, catalogue
from .incumbent import Incumbent
from .live import Rules, State, outcome_of, run
from .matching import Match, Stage
from .oracle import Aim, Oracle
from .people import first_users
from .records import SCALES, History, Ids, Incident, Outcome, Policy, Size
from .schema import DAY, LAST_DAY, SCHEMA
from .sessions import Memory
from .store import Past, cached, warehouse, write

PAST = 0  # the luck of the history; a live run has its own


@dataclass(frozen=True)
class VideoWorld:
    """Viewers, creators and their videos, with known tastes and satisfaction.

    Parameters
    ----------
    scale : "smoke" (30 k videos), "book" (2 M), "full" (10 M), or a `Size`
    seed : all randomness follows from it
    incidents : what happens to it; see `inject`

    Raises
    ------
    ValueError
        for an unknown scale or a negative seed
    """

    scale: str | Size = "smoke"
    seed: int = 7
    incidents: tuple[Incident, ...] = ()
    _pasts: dict[Any, Past] = field(default_factory=dict, repr=False, compare=False)

    schema = SCHEMA

    def __post_init__(self) -> None:
        if isinstance(self.scale, str) and self.scale not in SCALES:
            raise ValueError(f"unknown scale {self.scale!r}; choose from {[*SCALES]}")
        if self.seed < 0:
            raise ValueError(f"seed must be a whole number >= 0; got {self.seed}")

    @cached_property
    def size(self) -> Size:
        """The number of users, videos, creators and days."""
        return SCALES[self.scale] if isinstance(self.scale, str) else self.scale

    @cached_property
    def rules(self) -> Rules:
        """What does not change from day to day."""
        return Rules(Space.of(self.seed), self.size, self.seed, self.incidents)

    def inject(self, *incidents: Incident) -> VideoWorld:
        """The same world, to which something happens."""
        return replace(self, incidents=self.incidents + incidents)

    def first_evening(self) -> State:
        """Everybody and everything before the first day."""
        size, seed, space = self.size, self.seed, self.rules.space
        creators = Creators.first(space, size, seed)
        return State(
            users=first_users(space, size.n_users, seed),
            creators=creators,
            videos=catalogue(space, creators, size, seed),
            memory=Memory.none(),
            mood=np.zeros(size.n_users, np.float32),
            audience=np.full(size.n_creators, 0.1, np.float32),
            active=np.ones(size.n_creators, bool),
        )

    def history(
        self, days: int | None = None, *, progress: Progress | None = None
    ) -> History:
        """The company's warehouse after `days` days under the incumbent policy.

        `progress` is called after each day with (days done, days).
        """
        days = self._days(days)
        return History(**warehouse(self.past(days, progress)), days=days)

    def past(self, days: int, progress: Progress | None = None) -> Past:
        """What was, and the evening after it; lived once and remembered."""
        before = tuple(i for i in self.incidents if i.start_day < days)
        key = (self.size, self.seed, before, days)
        if key not in self._pasts:
            start, policy = self.first_evening(), Incumbent(self.seed)
            made, state = run(self.rules, start, policy, 0, days, PAST, None, progress)
            outcome = outcome_of(made, state)
            self._pasts[key] = Past(outcome.impressions, outcome.truth, state)
        return self._pasts[key]

    def _days(self, days: int | None) -> int:
        days = self.size.days if days is None else days
        if not 1 <= days <= LAST_DAY:
            raise ValueError(f"days must lie in 1 to {LAST_DAY:,}; got {days}")
        return days

    def write(self, directory: str | Path, days: int | None = None) -> Path:
        """Write history, truth and state under a new directory; see `store.write`."""
        days = self._days(days)
        return write(self, Path(directory), days, self.past(days))

    def cached(
        self,
        days: int | None = None,
        *,
        root: str | Path = "data/cache",
        progress: Progress | None = None,
    ) -> History:
        """The history, from disk if this very world was written there before."""
        days = self._days(days)
        past = cached(self, Path(root), days, progress)
        before = tuple(i for i in self.incidents if i.start_day < days)
        self._pasts[(self.size, self.seed, before, days)] = past
        return History(**warehouse(past), days=days)

    def truth(self, history: History) -> pa.Table:
        """What only the world knows of each impression of its own history.

        Raises
        ------
        ValueError
            if the history was made by another world
        """
        return self._past_of(history).truth

    def _past_of(self, history: History | None) -> Past:
        past = self.past(self._days(None if history is None else history.days))
        if history is None or history.impressions is past.impressions:
            return past
        if not past.impressions.equals(history.impressions):
            raise ValueError("the history is another world's; use this world.history()")
        return past

    def affinity(self, history: History, user: Ids, video: Ids) -> Match:
        """What videos would be to users on the morning after a history.

        Parameters
        ----------
        user : (n,) int
        video : (n, k) int
        """
        return self._stage(history).meet(np.asarray(user), np.asarray(video))

    def best(self, history: History, user: Ids, aim: Aim = "satisfaction") -> Ids:
        """(n, SLATE) the best page for each user on the morning after a history."""
        memory = self._past_of(history).state.memory
        pages = Oracle(aim).best(self._stage(history), memory, np.asarray(user))
        return pages[:, 0]

    def _stage(self, history: History) -> Stage:
        state = self._past_of(history).state
        space, on = self.rules.space, self.incidents
        return Stage(space, state.users, state.videos, history.days, on)

    def live(
        self,
        policy: Policy | Oracle,
        days: int = 7,
        seed: int = 1,
        *,
        history: History | None = None,
        after: Outcome | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Put a policy in production for `days` days after the history.

        The same seed gives the same people and the same luck under any policy.

        Parameters
        ----------
        policy : callable (requests of a day, View) -> `Slates`; or an `Oracle`
        days : length, in days
        seed : 1 to 255, the luck of this future
        history : the past that it follows; the usual one when absent
        after : go on from this outcome's last evening instead. With the same seed and
            the policy as it was left, the days are those of one run without a stop;
            a world with other incidents branches off

        Raises
        ------
        ValueError
            if the policy's pages cannot be shown, or the history is another world's
        """
        if days < 1 or not 1 <= seed <= 255:
            raise ValueError("need days >= 1 and 1 <= seed <= 255")
        if after is not None:
            first = int(after.daily.index[-1]) + 1
            at = after.impressions["at"].to_numpy()
            log = after.impressions.filter(pa.array(at >= (first - 1) * DAY))
            state = after.evening
        else:
            past = self._past_of(history)
            first = self._days(None if history is None else history.days)
            state, log = past.state, past.impressions
        how = first, days, seed, log, progress
        return outcome_of(*run(self.rules, state, policy, *how))
