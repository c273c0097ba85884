"""The video world: its past, its truth, and its future under a policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .catalogue import Creators, Space, catalogue
from .incumbent import Incumbent
from .live import State, run
from .people import first_users
from .records import SCALES, History, Outcome, Policy, Size
from .schema import LAST_DAY, SCHEMA
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
    def space(self) -> Space:
        """Where topics lie."""
        return Space.of(self.seed)

    @cached_property
    def first_morning(self) -> State:
        """Everybody and everything before the first day."""
        size, seed = self.size, self.seed
        creators = Creators.of(self.space, size, seed)
        return State(
            users=first_users(self.space, size.n_users, seed),
            creators=creators,
            videos=catalogue(self.space, creators, size, seed),
            mood=np.zeros(size.n_users, np.float32),
            audience=np.full(size.n_creators, 0.1, np.float32),
            active=np.ones(size.n_creators, bool),
        )

    @cached_property
    def _past(self) -> dict[int, tuple[Outcome, State]]:
        return {}

    def _lived(self, days: int) -> tuple[Outcome, State]:
        """The past's outcome and the morning after it, remembered."""
        if days not in self._past:
            self._past[days] = run(
                self.space,
                self.size,
                self.seed,
                self.first_morning,
                Incumbent(self.seed),
                0,
                days,
                PAST,
            )
        return self._past[days]

    def history(self, days: int | None = None) -> History:
        """The company's warehouse after `days` days under the incumbent policy."""
        days = self.size.days if days is None else days
        if not 1 <= days <= LAST_DAY:
            raise ValueError(f"days must lie in 1 to {LAST_DAY:,}; got {days}")
        outcome, state = self._lived(days)
        return History(
            users=users_table(state.users),
            creators=creators_table(state.creators),
            videos=videos_table(state.videos),
            impressions=outcome.impressions,
            days=days,
        )

    def live(
        self,
        policy: Policy,
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
        past = self.size.days if history is None else history.days
        _, state = self._lived(past)
        outcome, _ = run(
            self.space, self.size, self.seed, state, policy, past, days, seed
        )
        return outcome
