"""Users: what they like, how often they come, what a video is to them and promises."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sevensteps.world.arrays import join, unit, within
from sevensteps.world.streams import stream, uniforms

from .catalogue import LANGUAGE_SHARES, Space, Videos
from .records import Floats, Ids, PageRequests, VideoIncident
from .rng import PAGES, USERS, VISIT, WHEN
from .schema import COUNTRIES, DAY, DEVICES, DIM, LANGUAGES, MOST_PAGES, N_TOPICS

INTERESTS = 4
SHARD = 1 << 16  # users; each shard is a pure function of its number
DRIFT_DAYS = 240.0  # mean time after which an interest gives way to another
HABIT = (-2.4, 1.5)  # mean and spread of the log-odds of a visit
RETURNS = 0.5  # log-odds of a visit for one unit of remembered satisfaction
WEEKEND = 0.2  # log-odds of a visit on a Saturday or Sunday
HOURLY = np.repeat((5, 2, 4, 8, 9, 10, 15, 10), 3)  # visits by local hour, relative
AHEAD = np.array((-6, -6, 5, -3, 1, 0))  # hours before the world's clock, by country
_DEVICE_SHARES = (0.65, 0.25, 0.10)
_TASTE_SPREAD = 0.2  # of a user's interest around its topic
_COUNTRY_OF = {"en": (0, 5), "es": (1, 0), "hi": (2, 2), "pt": (3, 3), "de": (4, 4)}


@dataclass(frozen=True, slots=True)
class Users:
    """People who watch, hidden tastes included; arrays of one length."""

    country: NDArray[np.int8]
    language: NDArray[np.int8]
    device: NDArray[np.int8]
    joined_at: Ids
    taste: NDArray[np.float16]  # (n, 2, INTERESTS, DIM) before and after they drift
    drifts_on: Ids  # (n, INTERESTS) day on which each gives way
    handicap: Floats  # (n, INTERESTS) 0 for the main interest, more for others
    habit: Floats  # log-odds of a visit on an average day
    gullible: Floats  # 0 to 1: pull of a promise
    patience: Floats  # stretches how far down a page they look

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


def pages(
    users: Users, mood: Floats, random_key: NDArray[np.uint64], day: int
) -> tuple[PageRequests, NDArray[np.uint64]]:
    """Who comes, when, and for how many pages; with the random key of each page."""
    weekend = WEEKEND * (day % 7 >= 5)
    chance = expit(users.habit + RETURNS * mood + np.float32(weekend))
    user = np.flatnonzero(uniforms(random_key, 0, VISIT) < chance).astype(np.int32)
    eager = -np.log(np.maximum(uniforms(random_key[user], 0, PAGES), 1e-7))
    n = 1 + np.minimum(eager * users.patience[user], MOST_PAGES - 1).astype(int)
    page = within(n)
    user = np.repeat(user, n)
    begun = _begun(uniforms(random_key[user], 0, WHEN), users.country[user])
    at = (day * DAY + begun + 600 * page).astype(np.int32)
    key = random_key[user] ^ (page.astype(np.uint64) << np.uint64(57))
    order = np.lexsort((user, at))
    number = (user.astype(np.int64) * 4_096 + day) * MOST_PAGES + page
    return PageRequests(
        number[order], user[order], at[order], page[order].astype(np.int8)
    ), key[order]


def _begun(u: Floats, country: NDArray[np.int8]) -> NDArray[np.float64]:
    """Seconds into the day, by the clock of each one's country."""
    upto = np.concatenate([[0.0], np.cumsum(HOURLY)])
    local = np.interp(u, upto / upto[-1], np.arange(25))
    seconds = (local - AHEAD[country]) % 24 * 3_600
    return np.asarray(np.minimum(seconds, DAY - 600 * MOST_PAGES))


PULL, WORTH = np.float32(2.5), np.float32(2.5)  # of promise and value, by match
FOREIGN = 0.8  # taken off the match of a video in another language
FRESH = 0.4  # of a video without age, to any user; half as much after a half-life
EVENT = 0.6  # added to the match of the topic of an event
VIRAL = 4.0  # added to the promise of a viral video


@dataclass(frozen=True, slots=True)
class VideoMatch:
    """What some videos are to some users; arrays of one shape."""

    match: Floats  # fit of the content to the user's best interest
    value: Floats  # what watching gives; below zero it disappoints
    promise: Floats  # what title and picture make one expect


@dataclass(frozen=True, slots=True)
class VideoDay:
    """Users and videos on one day, and what is going on."""

    space: Space
    users: Users
    videos: Videos
    day: int
    incidents: tuple[VideoIncident, ...] = ()

    def meet(self, user: Ids, video: Ids) -> VideoMatch:
        """(n,) users, each beside its (n, k) videos."""
        taste = self.users.interests(user, self.day)
        vector = self.videos.vector[video].astype(np.float32)
        fit = vector @ taste.transpose(0, 2, 1) - self.users.handicap[user][:, None]
        return self.judged(fit.max(axis=2), user[:, None], video)

    def judged(
        self, fit: Floats, user: NDArray[np.integer], video: NDArray[np.integer]
    ) -> VideoMatch:
        """What follows from a fit of contents; `user` broadcasts against `video`."""
        videos = self.videos
        foreign = self.users.language[user] != videos.language[video]
        match = fit - FOREIGN * foreign + self._wanted(video)
        fresh = self._freshness(video)
        bait = videos.bait[video].astype(np.float32)
        pull = videos.thumbnail[video].astype(np.float32)
        gullible = self.users.gullible[user]
        promise = PULL * match + 0.6 * pull + 1.6 * bait * gullible + fresh - 0.3
        quality = videos.quality[video].astype(np.float32)
        return VideoMatch(
            match=match,
            value=WORTH * match + 0.45 * quality - 1.4 * bait + fresh - 0.2,
            promise=promise + self._talked_about(video),
        )

    def _freshness(self, video: NDArray[np.integer]) -> Floats:
        age = self.day - self.videos.uploaded_at[video] / np.float32(DAY)
        half = self.space.half_life[self.videos.topic[video]]
        return np.asarray(FRESH * np.exp2(-age.clip(0) / half), np.float32)

    def _wanted(self, video: NDArray[np.integer]) -> Floats:
        bonus = np.zeros(video.shape, np.float32)
        for event in self._on("event"):
            bonus += EVENT * event.size * (self.videos.topic[video] == event.topic)
        return bonus

    def _talked_about(self, video: NDArray[np.integer]) -> Floats:
        bonus = np.zeros(video.shape, np.float32)
        for viral in self._on("viral"):
            bonus += VIRAL * viral.size * (video == viral_video(self.videos, viral))
        return bonus

    def _on(self, kind: str) -> list[VideoIncident]:
        return [i for i in self.incidents if i.kind == kind and i.on(self.day)]


def viral_video(videos: Videos, incident: VideoIncident) -> int:
    """The first video uploaded on an incident's first day."""
    new = np.flatnonzero(videos.uploaded_at >= incident.start_day * DAY)
    return int(new[0]) if len(new) else -1
