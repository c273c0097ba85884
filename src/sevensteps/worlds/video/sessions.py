"""What people do with a page: how far they look, what they click, how long they stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .catalogue import Videos
from .matching import pairs, sigmoid
from .people import Users
from .records import Floats, Ids, Requests, Slates
from .rng import CLICK, EXAMINE, LIKE, SUBSCRIBE, WATCH, luck
from .schema import SLATE

LOOKS_ON = np.array((0.86, 0.82, 0.90), np.float32)  # to the next place, by device
BUDGET_S = 900.0  # of a page, for a user of patience 1
BORED = 0.15  # satisfaction lost by a page on which nothing was worth a click


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened at each place of each page; (n, SLATE) arrays."""

    examined: NDArray[np.bool_]
    clicked: NDArray[np.bool_]
    watched_s: Floats
    liked: NDArray[np.bool_]
    subscribed: NDArray[np.bool_]
    match: Floats
    value: Floats

    @property
    def satisfaction(self) -> Floats:
        """(n,) what each page gave its user: the value of what was watched, capped."""
        got = np.where(self.clicked, self.value, 0).sum(axis=1)
        bored = BORED * ~self.clicked.any(axis=1)
        return np.asarray(np.clip(got, -3, 5) - bored, np.float32)


def behave(
    users: Users,
    videos: Videos,
    requests: Requests,
    slates: Slates,
    fate: NDArray[np.uint64],
    day: int,
) -> Seen:
    """Every user's way through the page that a policy made."""
    shape = slates.video_id.shape
    user = np.repeat(requests.user_id, SLATE)
    video = slates.video_id.ravel()
    there = video >= 0
    video = np.where(there, video, 0)
    key = np.repeat(fate, SLATE)
    match = pairs(users, videos, user, video, day)
    wants = luck(key, video, CLICK) < sigmoid(1.3 * match.promise - 2.0)
    spread = 4 * (luck(key, video, WATCH) - np.float32(0.5))
    share = sigmoid(0.2 + 1.6 * match.value + spread)
    enough = (share * videos.length_s[video]).reshape(shape)
    examined = _depth(users, requests.user_id, fate)[:, None] > np.arange(SLATE)
    examined &= there.reshape(shape)
    clicked, watched = _within_budget(
        examined & wants.reshape(shape),
        enough,
        BUDGET_S * users.patience[requests.user_id],
    )
    chance = sigmoid(1.5 * match.value - 3)
    liked = clicked & (luck(key, video, LIKE) < chance).reshape(shape)
    joins = (luck(key, video, SUBSCRIBE) < 0.15).reshape(shape)
    value, fits = match.value.reshape(shape), match.match.reshape(shape)
    return Seen(examined, clicked, watched, liked, liked & joins, fits, value)


def _depth(users: Users, user: Ids, fate: NDArray[np.uint64]) -> NDArray[np.int64]:
    """(n,) how many places each user looks at: at least one."""
    on = LOOKS_ON[users.device[user]] ** (1 / users.patience[user])
    u = np.maximum(luck(fate, 0, EXAMINE), 1e-7)
    return 1 + np.floor(np.log(u) / np.log(on)).astype(np.int64)


def _within_budget(
    wanted: NDArray[np.bool_], seconds: Floats, budget: Floats
) -> tuple[NDArray[np.bool_], Floats]:
    """Clicks and seconds until the time is used up, place by place."""
    clicked = np.zeros_like(wanted)
    watched = np.zeros_like(seconds)
    left = budget.copy()
    for place in range(SLATE):
        now = wanted[:, place] & (left > 0)
        clicked[:, place] = now
        watched[:, place] = np.where(now, np.minimum(seconds[:, place], left), 0)
        left -= watched[:, place]
    return clicked, watched
