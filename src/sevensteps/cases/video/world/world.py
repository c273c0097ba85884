"""The video world: its past, its truth, and its future under a policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import (
    Evening,
    LivedWorld,
    WorldPast,
    joined_days,
    uniforms,
    unit_streams,
)

from .catalogue import Creators, Space, catalogue
from .incumbent import VideoIncumbent
from .live import Served, VideoRules, VideoState, answered, evening, opening, recorded
from .matching import VideoDay, VideoMatch
from .oracle import Aim, VideoOracle
from .people import first_users
from .records import SCALES, Ids, Policy, VideoHistory, VideoIncident, VideoOutcome
from .rng import ARMS, QUIT
from .schema import NAMES, SCHEMA, TRUTH
from .sessions import Memory, behave
from .tables import creators_table, users_table, videos_table
from .visits import pages

BYTES_A_PAGE, BYTES_A_VIDEO, BYTES_A_USER = 600, 180, 450  # on disk, rounded up
VISITS_A_DAY, PAGES_A_VISIT = 0.2, 2  # rounded up, to guess the room that is needed


@dataclass(frozen=True)
class VideoWorld(LivedWorld[VideoState, VideoHistory, VideoOutcome]):
    """Viewers, creators and their videos, with known tastes and satisfaction.

    Parameters
    ----------
    scale : "smoke" (30 k videos), "book" (2 M), "full" (10 M), or a `VideoSize`
    seed : all randomness follows from it
    incidents : what happens to it; see `inject`
    """

    kind = "video"
    generator = 1
    scales = SCALES
    schema = SCHEMA
    truth_schema = TRUTH
    names = NAMES
    log = "impressions"
    unit = "user_id"
    purpose = ARMS
    incident_type = VideoIncident
    state_type = VideoState
    history_type = VideoHistory

    @cached_property
    def rules(self) -> VideoRules:
        """What does not change from day to day."""
        return VideoRules(Space.of(self.seed), self.size, self.seed, self.incidents)

    def first_state(self) -> VideoState:
        """Everybody and everything before the first day."""
        size, seed, space = self.size, self.seed, self.rules.space
        creators = Creators.first(space, size, seed)
        return VideoState(
            users=first_users(space, size.n_users, seed),
            creators=creators,
            videos=catalogue(space, creators, size, seed),
            memory=Memory.none(),
            mood=np.zeros(size.n_users, np.float32),
            audience=np.full(size.n_creators, 0.1, np.float32),
            active=np.ones(size.n_creators, bool),
        )

    def incumbent(self) -> VideoIncumbent:
        """What is trending, some of the new, some at random."""
        return VideoIncumbent(self.seed)

    def open(self, state: VideoState, day: int) -> VideoState:
        """People join and creators upload."""
        return opening(self.rules, state, day)

    def serve(
        self,
        state: VideoState,
        policy: Policy | VideoOracle,
        day: int,
        future: int,
        log: pa.Table | None,
    ) -> Served:
        """A day's pages: who asked, what was shown, what happened."""
        keys = self._keys(np.arange(len(state.users)), future, day)
        requests, key = pages(state.users, state.mood, keys, day)
        stage = self.stage(state, day)
        slates = answered(policy, requests, state, stage, log)
        seen, memory = behave(stage, state.memory, requests, slates, key)
        return Served(requests, slates, seen, memory)

    def close(
        self, state: VideoState, served: Served, day: int, future: int
    ) -> tuple[VideoState, Any]:
        """Moods and audiences move; the day's tables."""
        # Creators are apart from users by half of all ids.
        keys = self._keys(np.arange(len(state.creators)) + 2**31, future, day)
        state = evening(state, served, uniforms(keys, 0, QUIT))
        return state, recorded(state, served, day)

    def _keys(self, ids: NDArray[Any], future: int, day: int) -> Any:
        return unit_streams(ids, seed=self.seed, future=future, day=day)

    def outcome(self, days: list[Any], evening: Evening[VideoState]) -> VideoOutcome:
        """Days as one outcome."""
        log, truth, requests, daily = joined_days(days)
        users, videos = users_table(evening.state.users), evening.state.videos
        return VideoOutcome(
            log, truth, requests, daily, users, videos_table(videos), evening
        )

    def warehouse(self, past: WorldPast[VideoState], days: int) -> VideoHistory:
        """The company's tables after a past."""
        return VideoHistory(
            users=users_table(past.state.users),
            creators=creators_table(past.state.creators),
            videos=videos_table(past.state.videos),
            impressions=past.log,
            days=days,
        )

    def room(self, days: int) -> int:
        """Bytes on disk, rounded up."""
        size = self.size
        pages = days * size.n_users * VISITS_A_DAY * PAGES_A_VISIT
        people = size.n_videos * BYTES_A_VIDEO + size.n_users * BYTES_A_USER
        return int(pages * BYTES_A_PAGE + people)

    def affinity(self, history: VideoHistory, user: Ids, video: Ids) -> VideoMatch:
        """What videos would be to users on the morning after a history.

        Parameters
        ----------
        user : (n,) int
        video : (n, k) int
        """
        stage = self.stage(self.past_of(history).state, history.days)
        return stage.meet(np.asarray(user), np.asarray(video))

    def best(self, history: VideoHistory, user: Ids, aim: Aim = "satisfaction") -> Ids:
        """(n, SLATE) the best page for each user on the morning after a history."""
        state = self.past_of(history).state
        stage = self.stage(state, history.days)
        return VideoOracle(aim).best(stage, state.memory, np.asarray(user))[:, 0]

    def stage(self, state: VideoState, day: int) -> VideoDay:
        """Users and videos on a day, as those see them who come."""
        space, on = self.rules.space, self.incidents
        return VideoDay(space, state.users, state.videos, day, on)
