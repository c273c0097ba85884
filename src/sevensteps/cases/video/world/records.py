"""The records that pass between the world, the company and the reader."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import Incident

from .schema import N_TOPICS, SLATE


@dataclass(frozen=True, slots=True)
class UserItemPairs:
    """Pairs of ids as one sorted array; sets are never changed, only replaced."""

    keys: NDArray[np.int64]

    @classmethod
    def none(cls) -> Self:
        """The empty set."""
        return cls(np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, user: NDArray[Any], thing: NDArray[Any]) -> Self:
        """The set with some pairs more; (n,) of both."""
        both = np.concatenate([self.keys, np.unique(_keys(user, thing))])
        both.sort(kind="stable")  # two sorted runs: merged in linear time
        new = np.ones(len(both), bool)
        new[1:] = both[1:] != both[:-1]
        return type(self)(both[new])

    def of(self, user: int) -> Self:
        """The pairs of one user, who becomes user 0."""
        low, high = np.searchsorted(self.keys, [user << 32, (user + 1) << 32])
        return type(self)(self.keys[low:high] & 0xFFFFFFFF)

    def has(self, user: NDArray[Any], thing: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether each pair is in the set; any one shape of both."""
        if not len(self.keys):
            return np.zeros(np.shape(thing), bool)
        asked = _keys(user, thing)
        at = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        return np.asarray(self.keys[at] == asked)


def _keys(user: NDArray[Any], thing: NDArray[Any]) -> NDArray[np.int64]:
    return (user.astype(np.int64) << 32) | thing.astype(np.int64)


Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
Flags = NDArray[np.bool_]
KINDS = ("viral", "event", "bait_farm", "broken_encoder")


@dataclass(frozen=True, slots=True)
class VideoSize:
    """How large a world is on its first day, and how fast it grows."""

    n_users: int
    n_videos: int
    n_creators: int
    days: int  # the history's default length
    joiners: float = 0.002  # new users a day, as a share of the first
    uploads: float = 0.001  # new videos, likewise
    beginners: float = 0.004  # new creators

    def __post_init__(self) -> None:
        if self.n_users < 100 or self.n_videos < 1_000 or self.n_creators < 20:
            raise ValueError(
                "a video world needs at least 100 users, 1,000 videos and "
                f"20 creators; got {self}"
            )
        growth = (self.joiners, self.uploads, self.beginners)
        if self.days < 1 or not all(0 <= g <= 0.1 for g in growth):
            raise ValueError(f"need days >= 1 and growth in [0, 0.1] a day; got {self}")
        if self.n_users > 2**23 or self.n_videos > 2**28:
            raise ValueError(
                f"at most {2**23:,} users and {2**28:,} videos fit into the ids; "
                f"got {self}"
            )


SCALES = {
    "smoke": VideoSize(n_users=4_000, n_videos=30_000, n_creators=1_500, days=10),
    "book": VideoSize(n_users=200_000, n_videos=2_000_000, n_creators=100_000, days=28),
    "full": VideoSize(
        n_users=1_000_000, n_videos=10_000_000, n_creators=500_000, days=7
    ),
}


@dataclass(frozen=True, slots=True)
class VideoIncident(Incident):
    """A known cause at a known time. `size` scales it; 1.0 is the usual one.

    `viral`: one of the first day's new videos is on everybody's lips.
    `event`: the world wants one topic (a final, an election).
    `bait_farm`: half as many uploads again, all promise and no content.
    `broken_encoder`: new videos get a content vector that says nothing.
    """

    topic: int = 0  # of an event

    KINDS = KINDS

    def __post_init__(self) -> None:
        Incident.__post_init__(self)
        if not 0 <= self.topic < N_TOPICS:
            raise ValueError(f"topics are 0 to {N_TOPICS - 1}; got {self.topic}")


@dataclass(frozen=True, slots=True)
class PageRequests:
    """Pages asked for on one day, in order of time; arrays of one length.

    A user asks for one to four pages in a row. All of a day's pages are planned
    together: what is clicked on the first is not known when the second is made.
    """

    request_id: NDArray[np.int64]
    user_id: Ids
    at: Ids  # seconds since the world began
    page: NDArray[np.int8]  # 0 for a user's first page of the day

    def __len__(self) -> int:
        return len(self.user_id)


@dataclass(frozen=True, slots=True)
class Slates:
    """What a policy shows: (n, SLATE) videos, one row for each request, best first."""

    video_id: Ids  # -1 leaves a place empty
    propensity: Floats  # with which the policy chose each; 1 where it did not draw
    explored: Flags  # which places were filled by a uniform draw

    @classmethod
    def fixed(cls, video_id: Ids) -> Self:
        """Slates of a policy without chance."""
        shape = (len(video_id), SLATE)
        if video_id.shape != shape:
            raise ValueError(f"slates must have the shape {shape}: {video_id.shape}")
        return cls(video_id, np.ones(shape, np.float32), np.zeros(shape, bool))


@dataclass(frozen=True, slots=True)
class VideoView:
    """What a policy may look at on a day.

    `log` holds the impressions since it was last asked: yesterday's, or the whole
    history on the first day of a live run, or none on the first day of a world.
    """

    day: int
    users: pa.Table
    creators: pa.Table
    videos: pa.Table
    log: pa.Table | None


Policy = Callable[[PageRequests, VideoView], Slates]


@dataclass(frozen=True, slots=True)
class VideoHistory:
    """The warehouse after some days. No column begins with true_."""

    users: pa.Table
    creators: pa.Table
    videos: pa.Table
    impressions: pa.Table
    days: int


@dataclass(frozen=True, slots=True)
class VideoOutcome:
    """What followed from a policy.

    `daily` holds visitors, requests, clicks, watched_h, likes, true_satisfaction,
    true_mood and creators (still uploading).
    """

    impressions: pa.Table  # as in the warehouse
    truth: pa.Table  # one row an impression: examined, match, promise, value
    requests: pd.DataFrame  # one row a page: what its user did, and what it gave
    daily: pd.DataFrame
    users: pa.Table  # on the last evening
    videos: pa.Table
    evening: Any  # for `VideoWorld.live(..., after=outcome)`
