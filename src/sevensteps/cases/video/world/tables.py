"""The world's arrays as tables: the company's, and the truth's."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.arrays import dictionary

from . import schema
from .catalogue import Creators, Videos
from .people import Users
from .records import PageRequests, Slates
from .schema import CONTENT_DIM, DAY, NAMES, SLATE
from .sessions import SlateResponses


def _table(kind: pa.Schema, *columns: NDArray[Any] | pa.Array) -> pa.Table:
    """A table of columns in the order of its schema; codes get their names."""
    made = []
    for field, column in zip(kind, columns, strict=True):
        if pa.types.is_dictionary(field.type):
            column = dictionary(column, NAMES[field.name])
        made.append(column if isinstance(column, pa.Array) else pa.array(column))
    return pa.Table.from_arrays(made, schema=kind)


def _ids(n: int) -> NDArray[np.int32]:
    return np.arange(n, dtype=np.int32)


def users_table(users: Users) -> pa.Table:
    """What the company knows of its users."""
    known = users.country, users.language, users.device, users.joined_at
    return _table(schema.USERS, _ids(len(users)), *known)


def creators_table(creators: Creators) -> pa.Table:
    """What the company knows of its creators."""
    known = creators.language, creators.joined_at
    return _table(schema.CREATORS, _ids(len(creators)), *known)


def videos_table(videos: Videos) -> pa.Table:
    """What the company knows of its videos, its encoder's view included."""
    content = pa.array(videos.content.ravel())
    return _table(
        schema.VIDEOS,
        _ids(len(videos)),
        videos.creator,
        videos.uploaded_at,
        videos.length_s,
        videos.language,
        videos.tag,
        pa.FixedSizeListArray.from_arrays(content, CONTENT_DIM),
    )


def impressions_table(
    requests: PageRequests, slates: Slates, seen: SlateResponses
) -> pa.Table:
    """One row for each place of each page that was filled."""
    *columns, stars = _filled(
        slates,
        np.repeat(requests.request_id, SLATE),
        np.repeat(requests.user_id, SLATE),
        np.repeat(requests.at, SLATE),
        _places(len(requests)),
        slates.video_id.astype(np.int32),
        slates.explored,
        slates.propensity.astype(np.float32),
        seen.clicked,
        seen.watched_s,
        seen.liked,
        seen.subscribed,
        seen.survey,
    )
    return _table(schema.IMPRESSIONS, *columns, pa.array(stars, mask=stars == 0))


def truth_table(
    requests: PageRequests, slates: Slates, seen: SlateResponses
) -> pa.Table:
    """What only the world knows of the same rows."""
    columns = _filled(
        slates,
        np.repeat(requests.request_id, SLATE),
        _places(len(requests)),
        seen.examined,
        seen.match,
        seen.promise,
        seen.value,
    )
    return _table(schema.TRUTH, *columns)


def _places(n: int) -> NDArray[np.int8]:
    return np.tile(np.arange(SLATE, dtype=np.int8), n)


def _filled(slates: Slates, *columns: NDArray[Any]) -> list[NDArray[Any]]:
    """Columns of all places, without those that are empty."""
    filled = slates.video_id.ravel() >= 0
    return [column.ravel()[filled] for column in columns]


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
