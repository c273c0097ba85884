"""What the company knows of its videos and users by their tables alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Items:
    """The catalogue as arrays; a video's id is its position.

    Attributes
    ----------
    language, topic : (n,) int16
    creator : (n,) int32
    born : (n,) float32       day of the upload
    length_s : (n,) float32
    content : (n, C) float32  the encoder's vectors; C may be 0
    """

    language: NDArray[np.int16]
    topic: NDArray[np.int16]
    creator: Ids
    born: Floats
    length_s: Floats
    content: Floats

    def __len__(self) -> int:
        return len(self.creator)

    @classmethod
    def of(cls, videos: pa.Table) -> Items:
        """The catalogue from the company's table of videos."""
        content = videos["content"].combine_chunks()
        width = content.type.list_size
        vectors = content.flatten().to_numpy().reshape(len(content), width)
        return cls(
            language=codes(videos["language"]),
            topic=videos["topic"].to_numpy().astype(np.int16),
            creator=videos["creator_id"].to_numpy(),
            born=(videos["uploaded_at"].to_numpy() / DAY).astype(np.float32),
            length_s=videos["length_s"].to_numpy(),
            content=vectors.astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Viewers:
    """Users as arrays; a user's id is the position."""

    language: NDArray[np.int16]
    country: NDArray[np.int16]
    device: NDArray[np.int16]
    joined: Floats  # day

    def __len__(self) -> int:
        return len(self.language)

    @classmethod
    def of(cls, users: pa.Table) -> Viewers:
        """Users from the company's table."""
        return cls(
            codes(users["language"]),
            codes(users["country"]),
            codes(users["device"]),
            (users["joined_at"].to_numpy() / DAY).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Events:
    """Impressions as arrays of one length, in order of time.

    Attributes
    ----------
    user, item : (n,) int32
    day : (n,) int32
    position : (n,) int8
    explored, clicked, liked, subscribed : (n,) bool
    share : (n,) float32      of the video's length that was watched, 0 to 1
    stars : (n,) int8         of the survey; 0 where nobody was asked
    """

    user: Ids
    item: Ids
    day: Ids
    position: NDArray[np.int8]
    explored: NDArray[np.bool_]
    clicked: NDArray[np.bool_]
    liked: NDArray[np.bool_]
    subscribed: NDArray[np.bool_]
    share: Floats
    stars: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.user)

    @classmethod
    def of(cls, log: pa.Table, items: Items) -> Events:
        """Events from the company's log."""
        item = log["video_id"].to_numpy()
        seconds = log["watched_s"].to_numpy()
        return cls(
            user=log["user_id"].to_numpy(),
            item=item,
            day=(log["at"].to_numpy() // DAY).astype(np.int32),
            position=log["position"].to_numpy(),
            explored=flags(log["explored"]),
            clicked=flags(log["clicked"]),
            liked=flags(log["liked"]),
            subscribed=flags(log["subscribed"]),
            share=np.minimum(seconds / items.length_s[item], 1).astype(np.float32),
            stars=log["survey"].fill_null(0).to_numpy(),
        )

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Events:
        """Some of the events."""
        return Events(*(getattr(self, name)[rows] for name in self.__slots__))

    def then(self, later: Events) -> Events:
        """These events, and later ones after them."""
        pairs = ((getattr(self, n), getattr(later, n)) for n in self.__slots__)
        return Events(*(np.concatenate(pair) for pair in pairs))

    def days(self) -> list[tuple[int, Events]]:
        """The events of each day; they must be in order of time."""
        if not len(self):
            return []
        first, last = int(self.day[0]), int(self.day[-1])
        edges = np.searchsorted(self.day, np.arange(first, last + 2))
        return [
            (first + k, self.take(slice(int(edges[k]), int(edges[k + 1]))))
            for k in range(last - first + 1)
        ]


def codes(column: pa.ChunkedArray) -> NDArray[np.int16]:
    """The codes of a dictionary column."""
    indices = column.combine_chunks().indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int16)


def flags(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """A column of booleans."""
    return np.asarray(column.to_numpy(zero_copy_only=False), bool)
