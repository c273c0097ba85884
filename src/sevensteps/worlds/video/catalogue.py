"""Creators and their videos: what they are, and what a viewer will make of them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from .records import Floats, Ids, Size
from .rng import CREATORS, SPACE, VIDEOS, stream
from .schema import CONTENT_DIM, DAY, DIM, LANGUAGES, N_TOPICS

SHARD = 1 << 18  # videos; each shard is a pure function of its number
LANGUAGE_SHARES = np.array((0.45, 0.20, 0.15, 0.12, 0.08))
_TOPIC_SPREAD = 0.45  # of videos around their topic's centre
_CONTENT_NOISE = 0.35  # of the company's encoder
_WRONG_TAG = 0.1
_GENRES = 8


@dataclass(frozen=True, slots=True)
class Space:
    """Where topics lie: eight genres of six topics each, some far more common."""

    centre: Floats  # (N_TOPICS, DIM), of unit length
    share: NDArray[np.float64]  # (N_TOPICS,)
    encoder: Floats  # (DIM, CONTENT_DIM): what the company sees is turned, and noisy

    @classmethod
    def of(cls, seed: int) -> Space:
        """The world's topics."""
        rng = stream(seed, SPACE)
        genre = unit(rng.standard_normal((_GENRES, DIM)))
        own = rng.standard_normal((N_TOPICS, DIM))
        centre = unit(genre[np.arange(N_TOPICS) % _GENRES] + 0.25 * own)
        share = 1 / (1 + rng.permutation(N_TOPICS)) ** 0.7
        turn, _ = np.linalg.qr(rng.standard_normal((DIM, CONTENT_DIM)))
        return cls(centre.astype(np.float32), share / share.sum(), turn.astype("f4"))


@dataclass(frozen=True, slots=True)
class Creators:
    """People who upload; arrays of one length."""

    topic: NDArray[np.int8]
    language: NDArray[np.int8]
    skill: Floats  # moves the quality of all their videos
    rate: Floats  # uploads, relative to other creators

    @classmethod
    def of(cls, space: Space, size: Size, seed: int) -> Creators:
        """Everybody who uploaded before the first day."""
        rng, n = stream(seed, CREATORS), size.n_creators
        return cls(
            topic=rng.choice(N_TOPICS, n, p=space.share).astype(np.int8),
            language=rng.choice(len(LANGUAGES), n, p=LANGUAGE_SHARES).astype(np.int8),
            skill=rng.standard_normal(n, dtype=np.float32),
            rate=rng.lognormal(0, 1, n).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Videos:
    """Videos, hidden qualities included; arrays of one length, in order of upload.

    Attributes
    ----------
    vector : (n, DIM) float16    where it lies among tastes, of unit length
    quality : (n,) float16       what it gives to anybody who watches
    bait : (n,) float16          0 to 1: promise beyond the content
    thumbnail : (n,) float16     pull of the picture, of no other use
    content : (n, CONTENT_DIM) float16   what the company's encoder sees of `vector`:
                                 turned, and noisy
    """

    creator: Ids
    uploaded_at: Ids
    topic: NDArray[np.int8]
    tag: NDArray[np.int8]
    language: NDArray[np.int8]
    length_s: Floats
    vector: NDArray[np.float16]
    quality: NDArray[np.float16]
    bait: NDArray[np.float16]
    thumbnail: NDArray[np.float16]
    content: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.creator)

    @classmethod
    def join(cls, parts: list[Videos]) -> Videos:
        """Parts one after another."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(p, k) for p in parts]) for k in names))


def catalogue(space: Space, creators: Creators, size: Size, seed: int) -> Videos:
    """All videos of the first day, shard by shard."""
    parts = []
    for first in range(0, size.n_videos, SHARD):
        n = min(SHARD, size.n_videos - first)
        rng = stream(seed, VIDEOS, first // SHARD)
        creator = draw_creators(creators.rate, n, rng)
        age = rng.exponential(400, n) * DAY
        parts.append(videos_by(space, creators, creator, (-age).astype(np.int32), rng))
    return Videos.join(parts)


def draw_creators(rate: Floats, n: int, rng: np.random.Generator) -> Ids:
    """Who uploads, each in proportion to a rate."""
    upto = np.cumsum(rate, dtype=np.float64)
    return np.searchsorted(upto, rng.random(n) * upto[-1], "right").astype(np.int32)


def videos_by(
    space: Space,
    creators: Creators,
    creator: Ids,
    uploaded_at: Ids,
    rng: np.random.Generator,
) -> Videos:
    """One new video for each entry of `creator`."""
    n = len(creator)
    away = rng.random(n) < 0.15
    other = rng.choice(N_TOPICS, n, p=space.share)
    topic = np.where(away, other, creators.topic[creator]).astype(np.int8)
    wrong = rng.random(n) < _WRONG_TAG
    noise = rng.standard_normal((n, DIM), dtype=np.float32)
    vector = unit(space.centre[topic] + _TOPIC_SPREAD * noise)
    blur = rng.standard_normal((n, CONTENT_DIM), dtype=np.float32)
    skill = creators.skill[creator]
    return Videos(
        creator=creator,
        uploaded_at=uploaded_at,
        topic=topic,
        tag=np.where(wrong, rng.permutation(other), topic).astype(np.int8),
        language=creators.language[creator],
        length_s=(60 * rng.lognormal(1.3, 0.9, n)).clip(5, 4 * 3_600).astype("f4"),
        vector=vector.astype(np.float16),
        quality=(0.6 * skill + 0.8 * rng.standard_normal(n)).astype(np.float16),
        bait=rng.beta(1.2, 4, n).astype(np.float16),
        thumbnail=(0.5 * rng.standard_normal(n)).astype(np.float16),
        content=unit(vector @ space.encoder + _CONTENT_NOISE * blur).astype(np.float16),
    )


def unit(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Each row to length one."""
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.asarray(x / np.maximum(length, 1e-9))
