"""Users: what they like, how that drifts, how often they come, how long they stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.world.arrays import join, unit
from sevensteps.world.streams import stream

from .catalogue import LANGUAGE_SHARES, Space
from .records import Floats, Ids
from .rng import USERS
from .schema import COUNTRIES, DAY, DEVICES, DIM, LANGUAGES, N_TOPICS

INTERESTS = 4
SHARD = 1 << 16  # users; each shard is a pure function of its number
DRIFT_DAYS = 240.0  # mean time after which an interest gives way to another
HABIT = (-2.4, 1.5)  # mean and spread of the log-odds of a visit
_DEVICE_SHARES = (0.65, 0.25, 0.10)
_TASTE_SPREAD = 0.2  # of a user's interest around its topic
_COUNTRY_OF = {"en": (0, 5), "es": (1, 0), "hi": (2, 2), "pt": (3, 3), "de": (4, 4)}


@dataclass(frozen=True, slots=True)
class Users:
    """People who watch, hidden tastes included; arrays of one length.

    Attributes
    ----------
    taste : (n, 2, INTERESTS, DIM) float16   interests before and after they drift
    drifts_on : (n, INTERESTS) int32         day on which each gives way
    handicap : (n, INTERESTS) float32        0 for the main interest, more for others
    habit : (n,) float32                     log-odds of a visit on an average day
    gullible : (n,) float32                  0 to 1: pull of a promise
    patience : (n,) float32                  stretches how far down a page they look
    """

    country: NDArray[np.int8]
    language: NDArray[np.int8]
    device: NDArray[np.int8]
    joined_at: Ids
    taste: NDArray[np.float16]
    drifts_on: Ids
    handicap: Floats
    habit: Floats
    gullible: Floats
    patience: Floats

    def __len__(self) -> int:
        return len(self.language)

    def interests(self, user: Ids, day: int) -> Floats:
        """(n, INTERESTS, DIM) tastes of some users on a day."""
        moved = (self.drifts_on[user] <= day).astype(np.intp)
        rows, slot = user[:, None], np.arange(INTERESTS)[None, :]
        return self.taste[rows, moved, slot].astype(np.float32)


def first_users(space: Space, n: int, seed: int) -> Users:
    """Everybody who is there on the first day, shard by shard."""
    parts = []
    for first in range(0, n, SHARD):
        rng = stream(seed, USERS, first // SHARD)
        age = rng.exponential(700, min(SHARD, n - first)) * DAY
        parts.append(draw_users(space, (-age).astype(np.int32), rng))
    return join(parts)


def joiners(space: Space, n: int, seed: int, day: int) -> Users:
    """Who joins on a day, at its start."""
    rng = stream(seed, USERS, 1 << 20, day)
    return draw_users(space, np.full(n, day * DAY, np.int32), rng)


def draw_users(space: Space, joined: Ids, rng: np.random.Generator) -> Users:
    """One user for each time of joining."""
    n = len(joined)
    language = rng.choice(len(LANGUAGES), n, p=LANGUAGE_SHARES).astype(np.int8)
    homes = np.array([_COUNTRY_OF[code] for code in LANGUAGES], np.int8)
    country = homes[language, (rng.random(n) < 0.15).astype(np.intp)]
    topic = _topics(space, country, rng)
    own = rng.standard_normal((n, 2, INTERESTS, DIM), dtype=np.float32)
    handicap = np.sort(rng.exponential(0.25, (n, INTERESTS)).astype(np.float32), axis=1)
    handicap[:, 0] = 0
    drift = rng.exponential(DRIFT_DAYS, (n, INTERESTS))
    return Users(
        country=country,
        language=language,
        device=rng.choice(len(DEVICES), n, p=_DEVICE_SHARES).astype(np.int8),
        joined_at=joined,
        taste=unit(space.centre[topic] + _TASTE_SPREAD * own).astype(np.float16),
        drifts_on=(joined.clip(0)[:, None] // DAY + drift).astype(np.int32),
        handicap=handicap,
        habit=(HABIT[0] + HABIT[1] * rng.standard_normal(n)).astype(np.float32),
        gullible=rng.beta(2, 2, n).astype(np.float32),
        patience=rng.lognormal(0, 0.4, n).clip(0.4, 3).astype(np.float32),
    )


def _topics(
    space: Space, country: NDArray[np.int8], rng: np.random.Generator
) -> NDArray[np.intp]:
    """(n, 2, INTERESTS) topics that people of each country like."""
    upto = np.cumsum(space.wanted, axis=1)
    upto[:, -1] = 1
    upto += np.arange(len(COUNTRIES))[:, None]  # one sorted line for all countries
    asked = rng.random((len(country), 2, INTERESTS)) + country[:, None, None]
    cell = np.searchsorted(upto.ravel(), asked)
    return np.asarray(cell - country[:, None, None].astype(np.intp) * N_TOPICS)
