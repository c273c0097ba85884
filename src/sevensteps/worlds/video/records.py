"""The records that pass between the world, the company and the reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from .schema import SLATE

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a world is on its first day, and how fast it grows.

    Attributes
    ----------
    n_users, n_videos, n_creators : int   on the first day
    days : int                            the history's default length
    joiners : float                       new users a day, as a share of the first
    uploads : float                       new videos a day, as a share of the first
    """

    n_users: int
    n_videos: int
    n_creators: int
    days: int
    joiners: float = 0.002
    uploads: float = 0.001

    def __post_init__(self) -> None:
        if self.n_users < 100 or self.n_videos < 1_000 or self.n_creators < 20:
            raise ValueError(
                "a video world needs at least 100 users, 1,000 videos and "
                f"20 creators; got {self}"
            )
        if (
            self.days < 1
            or not 0 <= self.joiners <= 0.1
            or not 0 <= self.uploads <= 0.1
        ):
            raise ValueError(f"need days >= 1 and growth in [0, 0.1] a day; got {self}")


SCALES = {
    "smoke": Size(n_users=4_000, n_videos=30_000, n_creators=1_500, days=10),
    "book": Size(n_users=200_000, n_videos=2_000_000, n_creators=100_000, days=28),
    "full": Size(n_users=1_000_000, n_videos=10_000_000, n_creators=500_000, days=28),
}


@dataclass(frozen=True, slots=True)
class Requests:
    """Pages asked for on one day, in order of time; arrays of one length.

    Attributes
    ----------
    request_id : (n,) int64
    user_id : (n,) int32
    at : (n,) int32           seconds since the world began
    """

    request_id: NDArray[np.int64]
    user_id: Ids
    at: Ids

    def __len__(self) -> int:
        return len(self.user_id)


@dataclass(frozen=True, slots=True)
class Slates:
    """What a policy shows: one row of videos for each request, best first.

    Attributes
    ----------
    video_id : (n, SLATE) int32       -1 leaves a place empty
    propensity : (n, SLATE) float32   probability with which the policy chose each;
                                      1 where it did not draw
    explored : (n, SLATE) bool        which places were filled by a uniform draw
    """

    video_id: Ids
    propensity: Floats
    explored: NDArray[np.bool_]

    @classmethod
    def fixed(cls, video_id: Ids) -> Slates:
        """Slates of a policy without chance."""
        shape = (len(video_id), SLATE)
        if video_id.shape != shape:
            raise ValueError(f"slates must have the shape {shape}: {video_id.shape}")
        return cls(video_id, np.ones(shape, np.float32), np.zeros(shape, bool))


@dataclass(frozen=True, slots=True)
class View:
    """What a policy may look at on a day: the past, and yesterday."""

    day: int
    users: pa.Table
    videos: pa.Table
    yesterday: pa.Table | None  # impressions; none on the first day


Policy = Callable[[Requests, View], Slates]


@dataclass(frozen=True, slots=True)
class History:
    """The warehouse after some days. No column begins with true_."""

    users: pa.Table
    creators: pa.Table
    videos: pa.Table
    impressions: pa.Table
    days: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What followed from a policy.

    Attributes
    ----------
    impressions : pa.Table    as in the warehouse
    truth : pa.Table          one row an impression: examined, match, value
    daily : DataFrame         by day: visitors, requests, clicks, watched_h, likes,
                              satisfaction, creators (still uploading)
    """

    impressions: pa.Table
    truth: pa.Table
    daily: pd.DataFrame
