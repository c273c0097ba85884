"""A policy in production: people come, look, leave, and come back or not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from .catalogue import Creators, Space, Videos, draw_creators, videos_by
from .matching import sigmoid
from .people import Users, joiners
from .records import Floats, Ids, Outcome, Policy, Requests, Size, Slates, View
from .rng import QUIT, UPLOADS, VISIT, WHEN, fates, luck, stream
from .schema import DAY, SLATE
from .sessions import Seen, behave
from .tables import impressions, truth, users_table, videos_table

RETURNS = 0.5  # log-odds of a visit for one unit of satisfaction
FORGETS = 0.97  # of satisfaction, a day
LEARNS = 0.2  # of a day's satisfaction, by those who came
MOST_PAGES = 4
HOPE = 0.9  # of a creator's audience, a day
QUITS = 0.01  # a day, without any audience


@dataclass(frozen=True, slots=True)
class State:
    """The world on a morning; the company sees its tables only."""

    users: Users
    creators: Creators
    videos: Videos
    mood: Floats  # (users,) remembered satisfaction
    audience: Floats  # (creators,) remembered views
    active: NDArray[np.bool_]  # (creators,) still uploading


@dataclass(frozen=True, slots=True)
class Day:
    """What one day leaves behind."""

    impressions: pa.Table
    truth: pa.Table
    summary: dict[str, float]


def run(
    space: Space,
    size: Size,
    seed: int,
    state: State,
    policy: Policy,
    first: int,
    n_days: int,
    future: int,
) -> tuple[Outcome, State]:
    """`n_days` days from a state on, and the state that they end in."""
    days: list[Day] = []
    for day in range(first, first + n_days):
        state = morning(space, size, seed, state, day)
        fate = fates(np.arange(len(state.users)), seed=seed, future=future, day=day)
        requests, key = pages(state, fate, day)
        view = View(
            day,
            users_table(state.users),
            videos_table(state.videos),
            days[-1].impressions if days else None,
        )
        slates = checked(policy(requests, view), len(requests), len(state.videos))
        seen = behave(state.users, state.videos, requests, slates, key, day)
        state = evening(state, requests, slates, seen, fate)
        days.append(recorded(state, requests, slates, seen, day))
    outcome = Outcome(
        impressions=pa.concat_tables([d.impressions for d in days]),
        truth=pa.concat_tables([d.truth for d in days]),
        daily=pd.DataFrame([d.summary for d in days]).set_index("day"),
    )
    return outcome, state


def morning(space: Space, size: Size, seed: int, state: State, day: int) -> State:
    """People join and creators upload, before anybody comes."""
    new = joiners(space, round(size.joiners * size.n_users), seed, day)
    rng = stream(seed, UPLOADS, day)
    n = rng.poisson(size.uploads * size.n_videos * state.active.mean())
    who = draw_creators(state.creators.rate * state.active, n, rng)
    at = np.full(n, day * DAY, np.int32)
    fresh = videos_by(space, state.creators, who, at, rng)
    return replace(
        state,
        users=Users.join([state.users, new]),
        videos=Videos.join([state.videos, fresh]),
        mood=np.concatenate([state.mood, np.zeros(len(new), np.float32)]),
    )


def pages(
    state: State, fate: NDArray[np.uint64], day: int
) -> tuple[Requests, NDArray[np.uint64]]:
    """Who comes, when, and for how many pages; with the luck of each page."""
    chance = sigmoid(state.users.habit + RETURNS * state.mood)
    user = np.flatnonzero(luck(fate, 0, VISIT) < chance).astype(np.int32)
    eager = -np.log(np.maximum(luck(fate[user], 1, VISIT), 1e-7))
    n = 1 + np.minimum(eager * state.users.patience[user], MOST_PAGES - 1).astype(int)
    page = np.concatenate([np.arange(k) for k in range(1, MOST_PAGES + 1)])
    start = np.cumsum(np.arange(MOST_PAGES))
    page = page[np.repeat(start[n - 1], n) + _within(n)]
    user = np.repeat(user, n)
    begun = luck(fate[user], 2, WHEN) * (DAY - 3_600)
    at = (day * DAY + begun + 600 * page).astype(np.int32)
    key = fate[user] ^ (page.astype(np.uint64) << np.uint64(57))
    order = np.lexsort((user, at))
    number = (user.astype(np.int64) * 4_096 + day) * MOST_PAGES + page
    return Requests(number[order], user[order], at[order]), key[order]


def _within(n: NDArray[np.integer]) -> NDArray[np.int64]:
    """0, 1, ... n - 1 for each n, one after another."""
    end = np.cumsum(n)
    return np.arange(end[-1] if len(end) else 0) - np.repeat(end - n, n)


def checked(slates: Slates, n: int, n_videos: int) -> Slates:
    """A policy's answer, if it can be shown.

    Raises
    ------
    ValueError                for a wrong shape, an unknown or repeated video, or a
                              propensity outside (0, 1]
    """
    video = slates.video_id
    if video.shape != (n, SLATE) or video.dtype.kind != "i":
        raise ValueError(
            f"a policy must return ({n}, {SLATE}) whole numbers, one row of videos "
            f"for each request; it returned {video.dtype} of shape {video.shape}"
        )
    if n and not (video.min() >= -1 and video.max() < n_videos):
        raise ValueError(f"videos are -1 (none) to {n_videos - 1:,} today")
    if slates.propensity.shape != video.shape or slates.explored.shape != video.shape:
        raise ValueError("propensity and explored must have the shape of video_id")
    if (
        n
        and not (slates.propensity > 0).all()
        or not (slates.propensity <= 1.001).all()
    ):
        raise ValueError("propensities must lie in (0, 1]")
    return slates


def evening(
    state: State,
    requests: Requests,
    slates: Slates,
    seen: Seen,
    fate: NDArray[np.uint64],
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
    hazard = QUITS * np.exp(-10 * audience)
    rolls = luck(fate[np.arange(len(audience)) % n], np.arange(len(audience)), QUIT)
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
    clicked = seen.clicked
    return Day(
        impressions=impressions(requests, slates, seen),
        truth=truth(requests, slates, seen),
        summary={
            "day": day,
            "visitors": len(np.unique(requests.user_id)),
            "requests": len(requests),
            "clicks": int(clicked.sum()),
            "watched_h": float(seen.watched_s.sum()) / 3_600,
            "likes": int(seen.liked.sum()),
            "satisfaction": float(seen.satisfaction.sum()),
            "mood": float(state.mood.mean()),
            "creators": int(state.active.sum()),
        },
    )
