"""What a day in production leaves behind: moods, audiences, tables."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from sevensteps.world import DayRecord
from sevensteps.world.arrays import check_page

from . import tables
from .catalogue import Creators, Videos
from .oracle import VideoOracle
from .people import Users, VideoDay
from .records import Flags, Floats, PageRequests, Policy, Slates, VideoView
from .schema import SLATE
from .sessions import Memory, SlateResponses

FORGETS = 0.97  # of satisfaction, a day
LEARNS = 0.2  # of a day's satisfaction, by those who came
HOPE = 0.9  # of a creator's audience, a day
QUITS = 0.02  # a day, without any audience
CHEERS = 3.0  # a view a day makes it e to this power less likely


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
        tables.users_table(state.users),
        tables.creators_table(state.creators),
        tables.videos_table(state.videos),
        log,
    )
    return checked(policy(requests, view), len(requests), len(state.videos))


def checked(slates: Slates, n: int, n_videos: int) -> Slates:
    """A policy's answer, if it can be shown; else a ValueError that says why not."""
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
    pages = tables.pages_table(served.requests, served.seen)
    return DayRecord(
        log=tables.impressions_table(*rows),
        truth=tables.truth_table(*rows),
        units=pages,
        sums={
            "day": day,
            "visitors": int(pages.user_id.nunique()),
            "requests": len(pages),
            "clicks": int(pages.clicks.sum()),
            "watched_h": float(pages.watched_s.sum()) / 3_600,
            "likes": int(pages.likes.sum()),
            "true_satisfaction": float(pages.true_satisfaction.sum()),
            "true_mood": float(state.mood.mean()),
            "creators": int(state.active.sum()),
        },
    )
