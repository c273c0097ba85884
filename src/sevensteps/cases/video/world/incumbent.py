"""The policy that made the past: what is trending, some of the new, some at random.

It knows what a company knows. Its popularity is nothing but the clicks of its log, so a
heavy tail emerges from exposure and is not put in by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.world.arrays import codes_or_values, grown, repeated
from sevensteps.world.streams import stream

from .records import Floats, Ids, PageRequests, Slates, UserItemPairs, VideoView
from .rng import BASKETS, INCUMBENT
from .schema import DAY, LANGUAGES, N_TOPICS, SLATE

POOL = 30  # candidates of a page
BASKET = 100  # videos, by language, that exploration draws from each day
LISTED = 100  # videos on each trending list
_KEEP = np.float32(0.9)  # of yesterday's popularity
_FRESH_DAYS = 2
_SOURCES = np.cumsum((0.70, 0.15, 0.15))  # trending, fresh, any
_PRIOR = np.float32(3.0)  # clicks that a new user's taste counts as


@dataclass
class VideoIncumbent:
    """Trending by language and topic; a page's order is drawn, so it can be weighed."""

    seed: int = 0  # of its own chance
    explore: bool = True  # fill one place of each page from the day's basket
    _clicks: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    _taste: Floats = field(default_factory=lambda: np.zeros((0, N_TOPICS), np.float32))
    _watched: UserItemPairs = field(default_factory=UserItemPairs.none)

    def __call__(self, requests: PageRequests, view: VideoView) -> Slates:
        """(n,) requests -> (n, SLATE) videos, each with its propensity."""
        shelf = _Company.of(view)
        self._learn(view, shelf)
        rng = stream(self.seed, INCUMBENT, view.day)
        language = shelf.user_language[requests.user_id]
        pool = self._pool(requests.user_id, language, shelf, rng)
        score = 0.4 * np.log1p(self._clicks[pool])
        old = self._watched.has(requests.user_id[:, None], pool)
        slates = _drawn(pool, np.where(old, score - 20, score), rng)
        if self.explore:
            explore(slates, basket(self.seed, view), language, rng)
        return slates

    def _learn(self, view: VideoView, shelf: _Company) -> None:
        """Count the clicks since last time, those of earlier days a little less."""
        clicks = grown(_KEEP * self._clicks, len(shelf.tag))
        taste = grown(self._taste, len(shelf.user_language)).copy()
        if view.log is not None:
            hit = view.log["clicked"].to_numpy()
            video = view.log["video_id"].to_numpy()[hit]
            user = view.log["user_id"].to_numpy()[hit]
            age = view.day - 1 - view.log["at"].to_numpy()[hit] // DAY
            some = np.bincount(video, _KEEP**age, minlength=len(clicks))
            clicks += some.astype(np.float32)
            np.add.at(taste, (user, shelf.tag[video]), 1)
            self._watched = self._watched.add(user, video)
        self._clicks, self._taste = clicks, taste

    def _pool(
        self,
        user: Ids,
        language: NDArray[np.int8],
        shelf: _Company,
        rng: np.random.Generator,
    ) -> Ids:
        """(n, POOL) candidates from three sources; some may come twice."""
        shape = (len(user), POOL)
        lists = self._trending(shelf)
        taste = self._taste[user] + _PRIOR * shelf.common
        upto = np.cumsum(taste, axis=1) / taste.sum(axis=1, keepdims=True)
        upto += np.arange(len(user))[:, None]  # one sorted line for all users
        asked = rng.random(shape) + np.arange(len(user))[:, None]
        topic = np.searchsorted(upto.ravel(), asked.ravel()).reshape(shape)
        topic = np.minimum(
            topic - N_TOPICS * np.arange(len(user))[:, None], N_TOPICS - 1
        )
        rank = (LISTED ** rng.random(shape)).astype(np.intp) - 1  # Zipf's law
        trending = lists[language[:, None] * N_TOPICS + topic, rank]
        fresh = shelf.fresh.draw(language, POOL, rng)
        anything = shelf.everything.draw(language, POOL, rng)
        source = np.searchsorted(_SOURCES, rng.random(shape))
        return np.choose(np.minimum(source, 2), [trending, fresh, anything])

    def _trending(self, shelf: _Company) -> Ids:
        """(languages x topics, LISTED) most clicked videos, best first."""
        lists = np.empty((len(LANGUAGES) * N_TOPICS, LISTED), np.int32)
        for cell in range(len(lists)):
            ids = shelf.cells.of(cell)
            if len(ids) < LISTED:
                ids = np.resize(ids if len(ids) else shelf.cells.order, LISTED)
            score = self._clicks[ids]
            best = np.argpartition(-score, LISTED - 1)[:LISTED]
            lists[cell] = ids[best[np.argsort(-score[best], kind="stable")]]
        return lists


@dataclass(frozen=True, slots=True)
class Groups:
    """Ids in groups, one group after another."""

    order: Ids
    start: NDArray[np.int64]

    @classmethod
    def by(
        cls, group: NDArray[np.integer], n: int, ids: NDArray[np.intp] | None = None
    ) -> Groups:
        """Ids, or positions, in order of the group that each belongs to."""
        order = np.argsort(group, kind="stable")
        start = np.searchsorted(group[order], np.arange(n + 1))
        return cls((order if ids is None else ids[order]).astype(np.int32), start)

    def of(self, group: int) -> Ids:
        """One group."""
        return self.order[self.start[group] : self.start[group + 1]]

    def draw(self, group: NDArray[np.integer], n: int, rng: np.random.Generator) -> Ids:
        """(len(group), n) even draws from each one's group."""
        low = self.start[group][:, None]
        size = np.maximum(self.start[group + 1][:, None] - low, 1)
        at = low + (rng.random((len(group), n)) * size).astype(np.int64)
        return self.order[np.minimum(at, len(self.order) - 1)]


@dataclass(frozen=True, slots=True)
class _Company:
    """The company's tables as arrays."""

    user_language: NDArray[np.int8]
    tag: NDArray[np.int8]
    common: Floats
    cells: Groups
    everything: Groups
    fresh: Groups

    @classmethod
    def of(cls, view: VideoView) -> _Company:
        language = codes_or_values(view.videos["language"])
        tag = view.videos["topic"].to_numpy()
        cell = language.astype(np.int16) * N_TOPICS + tag
        uploaded = view.videos["uploaded_at"].to_numpy()
        new = np.flatnonzero(uploaded >= (view.day - _FRESH_DAYS) * DAY)
        common = np.bincount(tag, minlength=N_TOPICS) / len(tag)
        n = len(LANGUAGES)
        return cls(
            codes_or_values(view.users["language"]),
            tag,
            common.astype(np.float32),
            Groups.by(cell, n * N_TOPICS),
            Groups.by(language, n),
            Groups.by(language[new], n, new),
        )


def _drawn(pool: Ids, score: Floats, rng: np.random.Generator) -> Slates:
    """Plackett-Luce: each place is drawn from what is left, by exp(score)."""
    score = np.where(repeated(pool), -np.inf, score).astype(np.float32)
    noisy = score + rng.gumbel(size=score.shape).astype(np.float32)
    best = np.argsort(-noisy, axis=1)
    odds = np.exp(np.take_along_axis(score, best, 1))
    left = np.cumsum(odds[:, ::-1], axis=1)[:, ::-1]  # summed from the smallest
    best, odds, left = best[:, :SLATE], odds[:, :SLATE], left[:, :SLATE]
    drawn = odds > 0
    video = np.where(drawn, np.take_along_axis(pool, best, 1), -1).astype(np.int32)
    chance = np.divide(odds, left, out=np.ones_like(odds), where=drawn)
    return Slates(video, chance, np.zeros(video.shape, bool))


def basket(seed: int, view: VideoView) -> Ids:
    """(languages, BASKET) videos from which a day's exploration draws evenly."""
    everything = Groups.by(codes_or_values(view.videos["language"]), len(LANGUAGES))
    rng = stream(seed, BASKETS, view.day)
    return everything.draw(np.arange(len(LANGUAGES)), BASKET, rng)


def explore(
    slates: Slates, basket: Ids, language: NDArray[Any], rng: np.random.Generator
) -> None:
    """Fill one place of each page with an even draw from its language's basket.

    Changes `slates`. The video leaves its other place on the page, if it had one; the
    odds that are logged are those of the draw, given that this place explores.
    """
    n = len(language)
    rows, place = np.arange(n), rng.integers(SLATE, size=n)
    drawn = basket[language, rng.integers(basket.shape[1], size=n)]
    slates.video_id[slates.video_id == drawn[:, None]] = -1
    slates.video_id[rows, place] = drawn
    slates.propensity[rows, place] = 1 / basket.shape[1]
    slates.explored[rows, place] = True
