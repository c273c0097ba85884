"""What the company knows of its videos and users by their tables, and its log."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.arrays import codes_or_values, join, take

from ..world import DAY as DAY

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Items:
    """The catalogue as arrays; a video's id is its position."""

    language: Codes
    topic: Codes
    creator: Ids
    born: Floats  # day of the upload
    length_s: Floats
    content: Floats  # (n, C) the encoder's vectors; C may be 0

    def __len__(self) -> int:
        return len(self.creator)

    @classmethod
    def of(cls, videos: pa.Table) -> Self:
        """The catalogue from the company's table of videos."""
        content = videos["content"].combine_chunks()
        width = content.type.list_size
        vectors = content.flatten().to_numpy().reshape(len(content), width)
        return cls(
            language=_codes(videos["language"]),
            topic=videos["topic"].to_numpy().astype(np.int16),
            creator=videos["creator_id"].to_numpy(),
            born=(videos["uploaded_at"].to_numpy() / DAY).astype(np.float32),
            length_s=videos["length_s"].to_numpy(),
            content=vectors.astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Viewers:
    """Users as arrays; a user's id is the position."""

    language: Codes
    country: Codes
    device: Codes
    joined: Floats  # day

    def __len__(self) -> int:
        return len(self.language)

    @classmethod
    def of(cls, users: pa.Table) -> Self:
        """Users from the company's table."""
        return cls(
            _codes(users["language"]),
            _codes(users["country"]),
            _codes(users["device"]),
            (users["joined_at"].to_numpy() / DAY).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Events:
    """Impressions as arrays of one length, in order of time."""

    user: Ids
    item: Ids
    day: Ids
    position: NDArray[np.int8]
    explored: Flags
    clicked: Flags
    liked: Flags
    subscribed: Flags
    share: Floats  # of the video's length that was watched; 0 without a click
    stars: NDArray[np.int8]  # of the survey; 0 where nobody was asked

    def __len__(self) -> int:
        return len(self.user)

    @classmethod
    def of(cls, log: pa.Table, items: Items) -> Self:
        """Events from the company's log."""
        item = log["video_id"].to_numpy()
        seconds = log["watched_s"].to_numpy()
        return cls(
            user=log["user_id"].to_numpy(),
            item=item,
            day=(log["at"].to_numpy() // DAY).astype(np.int32),
            position=log["position"].to_numpy(),
            explored=log["explored"].to_numpy(),
            clicked=log["clicked"].to_numpy(),
            liked=log["liked"].to_numpy(),
            subscribed=log["subscribed"].to_numpy(),
            share=np.minimum(seconds / items.length_s[item], 1).astype(np.float32),
            stars=log["survey"].fill_null(0).to_numpy(),
        )

    def take(self, rows: Any) -> Self:
        """Some of them, by a mask, positions or a slice."""
        return take(self, rows)

    def then(self, later: Self) -> Self:
        """These, and later ones after them."""
        return join([self, later])

    def days(self) -> list[tuple[int, Self]]:
        """The events of each day; they must be in order of time."""
        if not len(self):
            return []
        first, last = int(self.day[0]), int(self.day[-1])
        edges = np.searchsorted(self.day, np.arange(first, last + 2)).tolist()
        return [
            (first + k, self.take(slice(edges[k], edges[k + 1])))
            for k in range(last - first + 1)
        ]


def _codes(column: pa.ChunkedArray) -> Codes:
    return codes_or_values(column).astype(np.int16)
