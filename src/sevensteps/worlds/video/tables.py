"""The world's arrays as the company's tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .catalogue import Creators, Videos
from .people import Users
from .records import Requests, Slates
from .schema import (
    CONTENT_DIM,
    COUNTRIES,
    CREATORS,
    DEVICES,
    IMPRESSIONS,
    LANGUAGES,
    SLATE,
    USERS,
    VIDEOS,
)
from .sessions import Seen


def _coded(codes: NDArray[np.int8], names: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names))


def users_table(users: Users) -> pa.Table:
    """What the company knows of its users."""
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(len(users), dtype=np.int32)),
            _coded(users.country, COUNTRIES),
            _coded(users.language, LANGUAGES),
            _coded(users.device, DEVICES),
            pa.array(users.joined_at),
        ],
        schema=USERS,
    )


def creators_table(creators: Creators) -> pa.Table:
    """What the company knows of its creators."""
    n = len(creators.topic)
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(n, dtype=np.int32)),
            _coded(creators.language, LANGUAGES),
        ],
        schema=CREATORS,
    )


def videos_table(videos: Videos) -> pa.Table:
    """What the company knows of its videos, its encoder's view included."""
    flat = pa.array(videos.content.ravel())
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(len(videos), dtype=np.int32)),
            pa.array(videos.creator),
            pa.array(videos.uploaded_at),
            pa.array(videos.length_s),
            _coded(videos.language, LANGUAGES),
            pa.array(videos.tag),
            pa.FixedSizeListArray.from_arrays(flat, CONTENT_DIM),
        ],
        schema=VIDEOS,
    )


def impressions(requests: Requests, slates: Slates, seen: Seen) -> pa.Table:
    """One row for each place of each page that was filled."""
    columns = _spread(requests, slates) | {
        "explored": slates.explored,
        "propensity": slates.propensity.astype(np.float32),
        "clicked": seen.clicked,
        "watched_s": seen.watched_s.astype(np.float32),
        "liked": seen.liked,
        "subscribed": seen.subscribed,
    }
    filled = slates.video_id.ravel() >= 0
    arrays = [pa.array(columns[name].ravel()[filled]) for name in IMPRESSIONS.names]
    return pa.Table.from_arrays(arrays, schema=IMPRESSIONS)


def truth(requests: Requests, slates: Slates, seen: Seen) -> pa.Table:
    """What only the world knows of the same rows."""
    filled = slates.video_id.ravel() >= 0
    keys = _spread(requests, slates)
    columns = {
        "request_id": keys["request_id"],
        "position": keys["position"],
        "true_examined": seen.examined,
        "true_match": seen.match.astype(np.float32),
        "true_value": seen.value.astype(np.float32),
    }
    return pa.table({k: pa.array(v.ravel()[filled]) for k, v in columns.items()})


def _spread(requests: Requests, slates: Slates) -> dict[str, NDArray[Any]]:
    """The columns that name a row."""
    place = np.arange(SLATE, dtype=np.int8)
    return {
        "request_id": np.repeat(requests.request_id, SLATE),
        "user_id": np.repeat(requests.user_id, SLATE),
        "at": np.repeat(requests.at, SLATE),
        "position": np.tile(place, len(requests)),
        "video_id": slates.video_id.astype(np.int32),
    }
