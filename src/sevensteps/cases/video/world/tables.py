"""The world's arrays as tables: the company's, and the truth's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from .catalogue import Creators, Videos
from .people import Users
from .records import PageRequests, Slates
from .schema import (
    CONTENT_DIM,
    COUNTRIES,
    CREATORS,
    DAY,
    DEVICES,
    IMPRESSIONS,
    LANGUAGES,
    SLATE,
    TRUTH,
    USERS,
    VIDEOS,
)
from .sessions import SlateResponses


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
    n = len(creators)
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(n, dtype=np.int32)),
            _coded(creators.language, LANGUAGES),
            pa.array(creators.joined_at),
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


def impressions_table(
    requests: PageRequests, slates: Slates, seen: SlateResponses
) -> pa.Table:
    """One row for each place of each page that was filled."""
    columns = _spread(requests, slates) | {
        "explored": slates.explored,
        "propensity": slates.propensity.astype(np.float32),
        "clicked": seen.clicked,
        "watched_s": seen.watched_s,
        "liked": seen.liked,
        "subscribed": seen.subscribed,
    }
    filled = slates.video_id.ravel() >= 0
    stars = seen.survey.ravel()[filled]
    arrays = [pa.array(v.ravel()[filled]) for v in columns.values()]
    arrays.append(pa.array(stars, mask=stars == 0))
    return pa.Table.from_arrays(arrays, schema=IMPRESSIONS)


def truth_table(
    requests: PageRequests, slates: Slates, seen: SlateResponses
) -> pa.Table:
    """What only the world knows of the same rows."""
    keys = _spread(requests, slates)
    columns = {
        "request_id": keys["request_id"],
        "position": keys["position"],
        "true_examined": seen.examined,
        "true_match": seen.match,
        "true_promise": seen.promise,
        "true_value": seen.value,
    }
    filled = slates.video_id.ravel() >= 0
    arrays = [pa.array(v.ravel()[filled]) for v in columns.values()]
    return pa.Table.from_arrays(arrays, schema=TRUTH)


def pages_table(requests: PageRequests, seen: SlateResponses) -> pd.DataFrame:
    """One row a page: what its user did, and what it gave."""
    return pd.DataFrame(
        {
            "request_id": requests.request_id,
            "user_id": requests.user_id,
            "day": requests.at // DAY,
            "clicks": seen.clicked.sum(axis=1),
            "watched_s": seen.watched_s.sum(axis=1),
            "likes": seen.liked.sum(axis=1),
            "true_satisfaction": seen.satisfaction,
        }
    )


def _spread(requests: PageRequests, slates: Slates) -> dict[str, NDArray[Any]]:
    """The columns that name a row, in the schema's order."""
    place = np.arange(SLATE, dtype=np.int8)
    return {
        "request_id": np.repeat(requests.request_id, SLATE),
        "user_id": np.repeat(requests.user_id, SLATE),
        "at": np.repeat(requests.at, SLATE),
        "position": np.tile(place, len(requests)),
        "video_id": slates.video_id.astype(np.int32),
    }
