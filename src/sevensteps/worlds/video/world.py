"""The video world: its past, its truth, and its future under a policy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from .catalogue import Creators, Space, catalogue
from .incumbent import Incumbent
from .live import Rules, State, outcome_of, run
from .oracle import Oracle
from .people import first_users
from .records import SCALES, History, Incident, Outcome, Policy, Size
from .schema import LAST_DAY, SCHEMA
from .sessions import Memory
from .tables import creators_table, users_table, videos_table

PAST = 0  # the luck of the history; a live run has its own


@dataclass(frozen=True)
class VideoWorld:
    """Viewers, creators and their videos, with known tastes and satisfaction.

    Parameters
    ----------
    scale : "smoke" (30 k videos), "book" (2 M), "full" (10 M), or a `Size`
    seed : all randomness follows from it

    Raises
    ------
    ValueError
        for an unknown scale or a negative seed
    """

    scale: str | Size = "smoke"
    seed: int = 7
    incidents: tuple[Incident, ...] = ()
    remembered: dict[Any, Past] = field(default_factory=dict, repr=False, compare=False)

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

    def _lived(self, days: int) -> Past:
        """The past and the evening after it, remembered."""
        before = tuple(i for i in self.incidents if i.start_day < days)
        key = (self.size, self.seed, before, days)
        if key not in self.remembered:
            days_, state = run(
                self.rules,
                self.first_evening(),
                Incumbent(self.seed),
                0,
                days,
                PAST,
                None,
            )
            self.remembered[key] = Past(outcome_of(days_), state)
        return self.remembered[key]

    def history(self, days: int | None = None) -> History:
        """The company's warehouse after `days` days under the incumbent policy."""
        days = self._days(days)
        past = self._lived(days)
        return History(
            users=users_table(past.state.users),
            creators=creators_table(past.state.creators),
            videos=videos_table(past.state.videos),
            impressions=past.outcome.impressions,
            days=days,
        )

    def _days(self, days: int | None) -> int:
        days = self.size.days if days is None else days
        if not 1 <= days <= LAST_DAY:
            raise ValueError(f"days must lie in 1 to {LAST_DAY:,}; got {days}")
        return days

    def truth(self, history: History) -> pa.Table:
        """What only the world knows of each impression of its own history."""
        return self._lived(history.days).outcome.truth

    def live(
        self,
        policy: Policy | Oracle,
        days: int = 7,
        seed: int = 1,
        *,
        history: History | None = None,
    ) -> Outcome:
        """Put a policy in production for `days` days after the history.

        The same seed gives the same people and the same luck under any policy.
        """
        if days < 1 or not 1 <= seed <= 255:
            raise ValueError("need days >= 1 and 1 <= seed <= 255")
        first = self._days(None if history is None else history.days)
        past = self._lived(first)
        log = past.outcome.impressions
        made, _ = run(self.rules, past.state, policy, first, days, seed, log)
        return outcome_of(made)


@dataclass(frozen=True, slots=True)
class Past:
    """What was, and the evening after it."""

    outcome: Outcome
    state: State
