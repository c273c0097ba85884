"""Creators and their videos: what they are, and what a viewer will make of them."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sevensteps.world.arrays import join, unit
from sevensteps.world.streams import stream

from .records import Flags, Floats, Ids
from .rng import CREATORS, SPACE, VIDEOS
from .schema import CONTENT_DIM, COUNTRIES, DAY, DIM, LANGUAGES, N_TOPICS

SHARD = 1 << 18  # videos; each shard is a pure function of its number
LANGUAGE_SHARES = np.array((0.45, 0.20, 0.15, 0.12, 0.08))
BAIT = 0.95  # of a farm's videos
_TOPIC_SPREAD = 0.3  # of videos around their topic's centre
_CONTENT_NOISE = 0.15  # of the company's encoder
_WRONG_TAG = 0.1
_GENRES = 8
_MEAN_AGE_DAYS = 400


@dataclass(frozen=True, slots=True)
class Space:
    """Where topics lie: eight genres of six topics each, some far more common."""

    centre: Floats  # (N_TOPICS, DIM), of unit length
    share: NDArray[np.float64]  # (N_TOPICS,) of what is uploaded
    wanted: NDArray[np.float64]  # (COUNTRIES, N_TOPICS) of what is liked
    half_life: Floats  # (N_TOPICS,) days in which news of it are half as new
    encoder: Floats  # (DIM, CONTENT_DIM): what the company sees is turned, and noisy

    @classmethod
    def of(cls, seed: int) -> Self:
        """The world's topics."""
        rng = stream(seed, SPACE)
        genre = unit(rng.standard_normal((_GENRES, DIM)))
        own = rng.standard_normal((N_TOPICS, DIM))
        centre = unit(genre[np.arange(N_TOPICS) % _GENRES] + 0.25 * own)
        share = 1 / (1 + rng.permutation(N_TOPICS)) ** 0.7
        wanted = share * rng.lognormal(0, 0.8, (len(COUNTRIES), N_TOPICS))
        turn, _ = np.linalg.qr(rng.standard_normal((DIM, CONTENT_DIM)))
        half_life = np.exp(rng.uniform(np.log(2), np.log(1_000), N_TOPICS))
        return cls(
            centre=centre.astype(np.float32),
            share=share / share.sum(),
            wanted=wanted / wanted.sum(axis=1, keepdims=True),
            half_life=half_life.astype(np.float32),
            encoder=turn.astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Creators:
    """People who upload; arrays of one length."""

    topic: NDArray[np.int8]
    language: NDArray[np.int8]
    joined_at: Ids
    skill: Floats  # moves the quality of all their videos
    rate: Floats  # uploads, relative to other creators

    def __len__(self) -> int:
        return len(self.topic)

    @classmethod
    def first(cls, space: Space, n: int, seed: int) -> Self:
        """Everybody who uploaded before the first day."""
        rng = stream(seed, CREATORS)
        age = rng.exponential(_MEAN_AGE_DAYS, n) * DAY
        return cls.drawn(space, (-age).astype(np.int32), rng)

    @classmethod
    def drawn(cls, space: Space, joined: Ids, rng: np.random.Generator) -> Self:
        """One creator for each time of joining."""
        n = len(joined)
        return cls(
            topic=rng.choice(N_TOPICS, n, p=space.share).astype(np.int8),
            language=rng.choice(len(LANGUAGES), n, p=LANGUAGE_SHARES).astype(np.int8),
            joined_at=joined,
            skill=rng.standard_normal(n, dtype=np.float32),
            rate=rng.lognormal(0, 1, n).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Videos:
    """Videos, hidden qualities included; arrays of one length, ids by position."""

    creator: Ids
    uploaded_at: Ids
    topic: NDArray[np.int8]
    tag: NDArray[np.int8]
    language: NDArray[np.int8]
    length_s: Floats
    vector: NDArray[np.float16]  # (n, DIM) where it lies among tastes, of unit length
    quality: NDArray[np.float16]  # what it gives to anybody who watches
    bait: NDArray[np.float16]  # 0 to 1: promise beyond the content
    thumbnail: NDArray[np.float16]  # pull of the picture, of no other use
    content: NDArray[np.float16]  # (n, CONTENT_DIM) what the company's encoder sees

    def __len__(self) -> int:
        return len(self.creator)

    def blind(self, rng: np.random.Generator) -> Self:
        """The same videos under an encoder that says nothing."""
        noise = rng.standard_normal(self.content.shape, dtype=np.float32)
        return replace(self, content=unit(noise).astype(np.float16))

    def baited(self, which: Flags) -> Self:
        """The same videos, some of them all promise and no content."""
        bait = np.where(which, np.float16(BAIT), self.bait)
        quality = np.where(which, np.float16(-1), self.quality)
        return replace(self, bait=bait, quality=quality)


def first_videos(space: Space, creators: Creators, n: int, seed: int) -> Videos:
    """All videos of the first day; each shard is drawn from its own stream."""
    shards = []
    for k, first in enumerate(range(0, n, SHARD)):
        rng = stream(seed, VIDEOS, k)
        creator = draw_creators(creators.rate, min(SHARD, n - first), rng)
        age = -creators.joined_at[creator] * rng.random(len(creator))
        at = (-age).astype(np.int32)
        shards.append(videos_by(space, creators, creator, at, rng))
    return join(shards)


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
