"""A policy in production: people come, look, leave, and come back or not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from sevensteps.world import DayRecord, stream
from sevensteps.world.arrays import join
from sevensteps.world.checks import check_page

from .catalogue import Creators, Space, Videos, draw_creators, videos_by
from .matching import VideoDay
from .oracle import VideoOracle
from .people import Users, joiners
from .records import (
    Flags,
    Floats,
    PageRequests,
    Policy,
    Slates,
    VideoIncident,
    VideoSize,
    VideoView,
)
from .rng import UPLOADS
from .schema import DAY, SLATE
from .sessions import Memory, SlateResponses
from .tables import (
    creators_table,
    impressions_table,
    pages_table,
    truth_table,
    users_table,
    videos_table,
)

FORGETS = 0.97  # of satisfaction, a day
LEARNS = 0.2  # of a day's satisfaction, by those who came
HOPE = 0.9  # of a creator's audience, a day
QUITS = 0.02  # a day, without any audience
CHEERS = 3.0  # a view a day makes it e to this power less likely
FARM = 0.5  # uploads of a bait farm, as a share of all others


@dataclass(frozen=True, slots=True)
class VideoState:
    """The world on an evening; the company sees its tables only."""

    users: Users
    creators: Creators
    videos: Videos
    memory: Memory
    mood: Floats  # (users,) remembered satisfaction
    audience: Floats  # (creators,) remembered views a day
    active: Flags  # (creators,) still uploading


@dataclass(frozen=True, slots=True)
class VideoRules:
    """What does not change from day to day."""

    space: Space
    size: VideoSize
    seed: int
    incidents: tuple[VideoIncident, ...] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """A day's pages: who asked, what was shown, what happened."""

    requests: PageRequests
    slates: Slates
    seen: SlateResponses
    memory: Memory


def answered(
    policy: Policy | VideoOracle,
    requests: PageRequests,
    state: VideoState,
    stage: VideoDay,
    log: pa.Table | None,
) -> Slates:
    """What a policy shows, which sees the company's tables only."""
    if isinstance(policy, VideoOracle):
        return policy.slates(stage, state.memory, requests)
    view = VideoView(
        stage.day,
        users_table(state.users),
        creators_table(state.creators),
        videos_table(state.videos),
        log,
    )
    return checked(policy(requests, view), len(requests), len(state.videos))


def opening(rules: VideoRules, state: VideoState, day: int) -> VideoState:
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
    rules: VideoRules,
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
    check_page(video, (n, SLATE), n_videos, "video")
    if odds.shape != video.shape or slates.explored.shape != video.shape:
        raise ValueError("propensity and explored must have the shape of video_id")
    if not ((odds > 0) & (odds <= 1.0001))[video >= 0].all():
        raise ValueError("propensities must lie in (0, 1]")
    return slates


def evening(state: VideoState, served: Served, rolls: Floats) -> VideoState:
    """Moods and audiences move; a creator whom nobody watches may give up."""
    who, seen, n = served.requests.user_id, served.seen, len(state.users)
    given = np.bincount(who, seen.satisfaction, minlength=n)
    came = np.bincount(who, minlength=n) > 0
    mood = FORGETS * state.mood
    mood = np.where(came, (1 - LEARNS) * mood + LEARNS * given.clip(-3, 5), mood)
    creator = state.videos.creator[served.slates.video_id[seen.clicked]]
    views = np.bincount(creator, minlength=len(state.active))
    audience = HOPE * state.audience + (1 - HOPE) * views
    hazard = QUITS * np.exp(-CHEERS * audience)
    return replace(
        state,
        memory=served.memory,
        mood=mood.astype(np.float32),
        audience=audience.astype(np.float32),
        active=state.active & (rolls >= hazard),
    )


def recorded(state: VideoState, served: Served, day: int) -> DayRecord:
    """The day's tables and its sums."""
    rows = served.requests, served.slates, served.seen
    table = pages_table(served.requests, served.seen)
    return DayRecord(
        log=impressions_table(*rows),
        truth=truth_table(*rows),
        units=table,
        sums={
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
