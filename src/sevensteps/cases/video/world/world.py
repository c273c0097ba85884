"""The video world: its past, its truth, and its future under a policy."""

import math
from dataclasses import dataclass, replace
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
    stream,
    uniforms,
    unit_streams,
)
from sevensteps.world.arrays import join

from . import catalogue
from .catalogue import Creators, Space, Videos
from .incumbent import VideoIncumbent
from .live import Served, VideoState, answered, evening, recorded
from .oracle import Aim, VideoOracle
from .people import VideoDay, VideoMatch, first_users, joiners, pages
from .records import (
    SCALES,
    Flags,
    Ids,
    Policy,
    VideoHistory,
    VideoIncident,
    VideoOutcome,
)
from .rng import ARMS, QUIT, UPLOADS
from .schema import DAY, NAMES, SCHEMA, TRUTH
from .sessions import Memory, behave
from .tables import creators_table, users_table, videos_table

FARM = 0.5  # uploads of a bait farm, as a share of all others
AUDIENCE = 0.1  # views a day that a new creator begins with
BYTES_A_PAGE, BYTES_A_VIDEO, BYTES_A_USER = 600, 180, 450  # on disk, rounded up
VISITS_A_DAY, PAGES_A_VISIT = 0.2, 2  # rounded up, to guess the room that is needed


@dataclass(frozen=True)
class VideoWorld(LivedWorld[VideoState, VideoHistory, VideoOutcome]):
    """Viewers, creators and their videos, with known tastes and satisfaction.

    Its scale is "smoke" (30 k videos), "book" (2 M), "full" (10 M), or a `VideoSize`.
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
    def space(self) -> Space:
        """Where its topics lie."""
        return Space.of(self.seed)

    def first_state(self) -> VideoState:
        """Everybody and everything before the first day."""
        size, seed, space = self.size, self.seed, self.space
        creators = Creators.first(space, size.n_creators, seed)
        return VideoState(
            users=first_users(space, size.n_users, seed),
            creators=creators,
            videos=catalogue.first_videos(space, creators, size.n_videos, seed),
            memory=Memory.none(),
            mood=np.zeros(size.n_users, np.float32),
            audience=np.full(size.n_creators, AUDIENCE, np.float32),
            active=np.ones(size.n_creators, bool),
        )

    def incumbent(self) -> VideoIncumbent:
        """What is trending, some of the new, some at random."""
        return VideoIncumbent(self.seed)

    def open(self, state: VideoState, day: int) -> VideoState:
        """People join and creators upload."""
        size, rng = self.size, stream(self.seed, UPLOADS, day)
        new = joiners(self.space, round(size.joiners * size.n_users), self.seed, day)
        n_new = round(size.beginners * size.n_creators)
        joined = np.full(n_new, day * DAY, np.int32)
        beginners = Creators.drawn(self.space, joined, rng)
        creators = join([state.creators, beginners])
        active = np.append(state.active, np.ones(n_new, bool))
        hope = np.full(n_new, AUDIENCE, np.float32)
        return replace(
            state,
            users=join([state.users, new]),
            creators=creators,
            videos=join(
                [state.videos, self._uploads(creators, active, n_new, day, rng)]
            ),
            mood=np.append(state.mood, np.zeros(len(new), np.float32)),
            audience=np.append(state.audience, hope),
            active=active,
        )

    def _uploads(
        self,
        creators: Creators,
        active: Flags,
        n_new: int,
        day: int,
        rng: np.random.Generator,
    ) -> Videos:
        """The day's new videos: one by each beginner, the rest by anybody active."""
        usual = self.size.uploads * self.size.n_videos
        usual *= active.sum() / self.size.n_creators
        n = max(0, rng.poisson(usual) - n_new)
        who = catalogue.draw_creators(creators.rate * active, n, rng)
        beginners = np.arange(len(creators) - n_new, len(creators), dtype=np.int32)
        on = [i for i in self.incidents if i.on(day)]
        farms = [FARM * i.size * usual for i in on if i.kind == "bait_farm"]
        n_farmed = round(math.fsum(farms)) if n_new else 0
        farmed = np.resize(beginners, n_farmed)
        who = np.concatenate([beginners, who, farmed])
        at = np.full(len(who), day * DAY, np.int32)
        new = catalogue.videos_by(self.space, creators, who, at, rng)
        if n_farmed:
            new = new.baited(np.arange(len(who)) >= len(who) - n_farmed)
        if any(i.kind == "broken_encoder" for i in on):
            new = new.blind(rng)
        return new

    def serve(
        self,
        state: VideoState,
        policy: Policy | VideoOracle,
        day: int,
        future: int,
        log: pa.Table | None,
    ) -> Served:
        """A day's pages under a policy."""
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
        """What (n, k) videos would be to (n,) users on the morning after a history."""
        stage = self.stage(self.past_of(history).state, history.days)
        return stage.meet(np.asarray(user), np.asarray(video))

    def best(self, history: VideoHistory, user: Ids, aim: Aim = "satisfaction") -> Ids:
        """(n, SLATE) the best page for each user on the morning after a history."""
        state = self.past_of(history).state
        stage = self.stage(state, history.days)
        return VideoOracle(aim).best(stage, state.memory, np.asarray(user))[:, 0]

    def stage(self, state: VideoState, day: int) -> VideoDay:
        """Users and videos on a day, as those see them who come."""
        return VideoDay(self.space, state.users, state.videos, day, self.incidents)
