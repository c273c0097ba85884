"""A policy in production: people come, look, leave, and come back or not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.arrays import join
from sevensteps.world.disk import Progress
from sevensteps.world.luck import fates, luck, stream

from .catalogue import Creators, Space, Videos, draw_creators, videos_by
from .matching import Stage
from .oracle import Oracle
from .people import Users, joiners
from .records import (
    Flags,
    Floats,
    Incident,
    Outcome,
    Policy,
    Requests,
    Size,
    Slates,
    View,
)
from .rng import QUIT, UPLOADS
from .schema import DAY, SLATE
from .sessions import Memory, Seen, behave
from .tables import (
    creators_table,
    impressions_table,
    pages_table,
    truth_table,
    users_table,
    videos_table,
)
from .visits import pages

FORGETS = 0.97  # of satisfaction, a day
LEARNS = 0.2  # of a day's satisfaction, by those who came
HOPE = 0.9  # of a creator's audience, a day
QUITS = 0.02  # a day, without any audience
CHEERS = 3.0  # a view a day makes it e to this power less likely
FARM = 0.5  # uploads of a bait farm, as a share of all others


@dataclass(frozen=True, slots=True)
class State:
    """The world on an evening; the company sees its tables only."""

    users: Users
    creators: Creators
    videos: Videos
    memory: Memory
    mood: Floats  # (users,) remembered satisfaction
    audience: Floats  # (creators,) remembered views a day
    active: Flags  # (creators,) still uploading


@dataclass(frozen=True, slots=True)
class Rules:
    """What does not change from day to day."""

    space: Space
    size: Size
    seed: int
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """What one day leaves behind."""

    impressions: pa.Table
    truth: pa.Table
    requests: pd.DataFrame
    summary: dict[str, float]


def run(
    rules: Rules,
    state: State,
    policy: Policy | Oracle,
    first: int,
    n_days: int,
    future: int,
    log: pa.Table | None,
    progress: Progress | None = None,
) -> tuple[list[Day], State]:
    """`n_days` days from an evening on, and the evening of the last."""
    days: list[Day] = []
    for day in range(first, first + n_days):
        state = morning(rules, state, day)
        fate = fates(
            np.arange(len(state.users)), seed=rules.seed, future=future, day=day
        )
        requests, key = pages(state.users, state.mood, fate, day)
        stage = Stage(rules.space, state.users, state.videos, day, rules.incidents)
        slates = asked(policy, requests, state, stage, log)
        seen, memory = behave(stage, state.memory, requests, slates, key)
        luckless = luck(_creator_fates(rules, state, future, day), 0, QUIT)
        state = evening(state, requests, slates, seen, luckless)
        state = replace(state, memory=memory)
        days.append(recorded(state, requests, slates, seen, day))
        log = days[-1].impressions
        if progress:
            progress(day - first + 1, n_days)
    return days, state


def asked(
    policy: Policy | Oracle,
    requests: Requests,
    state: State,
    stage: Stage,
    log: pa.Table | None,
) -> Slates:
    """What a policy shows, which sees the company's tables only."""
    if isinstance(policy, Oracle):
        return policy.slates(stage, state.memory, requests)
    view = View(
        stage.day,
        users_table(state.users),
        creators_table(state.creators),
        videos_table(state.videos),
        log,
    )
    return checked(policy(requests, view), len(requests), len(state.videos))


def outcome_of(days: list[Day], state: State) -> Outcome:
    """Days as one outcome, which ends in a state."""
    return Outcome(
        impressions=pa.concat_tables([d.impressions for d in days]),
        truth=pa.concat_tables([d.truth for d in days]),
        requests=pd.concat([d.requests for d in days], ignore_index=True),
        daily=pd.DataFrame([d.summary for d in days]).set_index("day"),
        users=users_table(state.users),
        videos=videos_table(state.videos),
        evening=state,
    )


def _creator_fates(
    rules: Rules, state: State, future: int, day: int
) -> NDArray[np.uint64]:
    """(creators,) uint64, apart from the users' by half of all ids."""
    ids = np.arange(len(state.creators)) + 2**31
    return fates(ids, seed=rules.seed, future=future, day=day)


def morning(rules: Rules, state: State, day: int) -> State:
    """People join and creators upload, before anybody comes."""
    size, rng = rules.size, stream(rules.seed, UPLOADS, day)
    new = joiners(rules.space, round(size.joiners * size.n_users), rules.seed, day)
    n_new = round(size.beginners * size.n_creators)
    beginners = Creators.drawn(rules.space, np.full(n_new, day * DAY, np.int32), rng)
    creators = join([state.creators, beginners])
    active = np.concatenate([state.active, np.ones(n_new, bool)])
    some = np.full(n_new, 0.1, np.float32)
    return replace(
        state,
        users=join([state.users, new]),
        creators=creators,
        videos=join([state.videos, uploads(rules, creators, active, n_new, day, rng)]),
        mood=np.concatenate([state.mood, np.zeros(len(new), np.float32)]),
        audience=np.concatenate([state.audience, some]),
        active=active,
    )


def uploads(
    rules: Rules,
    creators: Creators,
    active: Flags,
    n_new: int,
    day: int,
    rng: np.random.Generator,
) -> Videos:
    """The day's new videos: one by each beginner, the rest by anybody active."""
    usual = rules.size.uploads * rules.size.n_videos
    usual *= active.sum() / rules.size.n_creators
    n = max(0, rng.poisson(usual) - n_new)
    who = draw_creators(creators.rate * active, n, rng)
    beginners = np.arange(len(creators) - n_new, len(creators), dtype=np.int32)
    on = [i for i in rules.incidents if i.on(day)]
    n_farmed = round(
        math.fsum(FARM * i.size * usual for i in on if i.kind == "bait_farm")
    )
    farmed = beginners[np.arange(n_farmed) % n_new] if n_new else beginners[:0]
    who = np.concatenate([beginners, who, farmed])
    at = np.full(len(who), day * DAY, np.int32)
    fresh = videos_by(rules.space, creators, who, at, rng)
    if len(farmed):
        fresh = fresh.baited(np.arange(len(who)) >= len(who) - len(farmed))
    if any(i.kind == "broken_encoder" for i in on):
        fresh = fresh.blind(rng)
    return fresh


def checked(slates: Slates, n: int, n_videos: int) -> Slates:
    """A policy's answer, if it can be shown.

    Raises
    ------
    ValueError                for a wrong shape, an unknown or repeated video, or a
                              propensity outside (0, 1]
    """
    video, odds = slates.video_id, slates.propensity
    if video.shape != (n, SLATE) or video.dtype.kind != "i":
        raise ValueError(
            f"a policy must return ({n}, {SLATE}) whole numbers, one row of videos "
            f"for each request; it returned {video.dtype} of shape {video.shape}"
        )
    if n and not (video.min() >= -1 and video.max() < n_videos):
        raise ValueError(f"videos are -1 (none) to {n_videos - 1:,} today")
    ranked = np.sort(video, axis=1)
    twice = (ranked[:, 1:] == ranked[:, :-1]) & (ranked[:, 1:] >= 0)
    if twice.any():
        row = int(np.flatnonzero(twice.any(axis=1))[0])
        raise ValueError(f"the page of request {row} shows a video twice: {video[row]}")
    if odds.shape != video.shape or slates.explored.shape != video.shape:
        raise ValueError("propensity and explored must have the shape of video_id")
    if not ((odds > 0) & (odds <= 1.0001))[video >= 0].all():
        raise ValueError("propensities must lie in (0, 1]")
    return slates


def evening(
    state: State, requests: Requests, slates: Slates, seen: Seen, rolls: Floats
) -> State:
    """Moods and audiences move; a creator whom nobody watches may give up."""
    n = len(state.users)
    given = np.bincount(requests.user_id, seen.satisfaction, minlength=n)
    came = np.bincount(requests.user_id, minlength=n) > 0
    mood = FORGETS * state.mood
    mood = np.where(came, (1 - LEARNS) * mood + LEARNS * given.clip(-3, 5), mood)
    creator = state.videos.creator[slates.video_id[seen.clicked]]
    views = np.bincount(creator, minlength=len(state.active))
    audience = HOPE * state.audience + (1 - HOPE) * views
    hazard = QUITS * np.exp(-CHEERS * audience)
    return replace(
        state,
        mood=mood.astype(np.float32),
        audience=audience.astype(np.float32),
        active=state.active & (rolls >= hazard),
    )


def recorded(
    state: State, requests: Requests, slates: Slates, seen: Seen, day: int
) -> Day:
    """The day's tables and its sums."""
    table = pages_table(requests, seen)
    return Day(
        impressions=impressions_table(requests, slates, seen),
        truth=truth_table(requests, slates, seen),
        requests=table,
        summary={
            "day": day,
            "visitors": int(table.user_id.nunique()),
            "requests": len(table),
            "clicks": int(table.clicks.sum()),
            "watched_h": float(table.watched_s.sum()) / 3_600,
            "likes": int(table.likes.sum()),
            "true_satisfaction": float(table.true_satisfaction.sum()),
            "true_mood": float(state.mood.mean()),
            "creators": int(state.active.sum()),
        },
    )
