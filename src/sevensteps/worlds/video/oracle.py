"""The best possible slates, made by somebody who knows everything.

Only the world can run this policy: it looks at tastes, qualities and baits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from .matching import FOREIGN, Match, Stage
from .records import Floats, Ids, Requests, Slates
from .schema import MOST_PAGES, SLATE
from .sessions import FED, Memory, remembered

Aim = Literal["satisfaction", "clicks"]
SHORTLIST = 400  # videos a user, of which pages are composed
CHUNK = 64  # users at a time


@dataclass(frozen=True, slots=True)
class Oracle:
    """Shows what serves the aim best, page by page, place by place.

    A place gets the video with the largest expected gain, given what the places
    above it have probably fed the user with. That is the best slate if only one
    place counts, and close to it for ten: the search is greedy, and the shortlist
    takes the largest values only.

    Parameters
    ----------
    aim : "satisfaction" (chance of a click times the value) or "clicks"
    """

    aim: Aim = "satisfaction"

    def __post_init__(self) -> None:
        if self.aim not in ("satisfaction", "clicks"):
            raise ValueError(f"aim is 'satisfaction' or 'clicks', not {self.aim!r}")

    def slates(self, stage: Stage, memory: Memory, requests: Requests) -> Slates:
        """(n, SLATE) videos for a day's requests."""
        user, row = np.unique(requests.user_id, return_inverse=True)
        pages = self.best(stage, memory, user.astype(np.int32), MOST_PAGES)
        return Slates.fixed(pages[row, requests.page])

    def best(self, stage: Stage, memory: Memory, user: Ids, n_pages: int = 1) -> Ids:
        """(n, n_pages, SLATE) videos for some users, best first."""
        shown = np.empty((len(user), n_pages, SLATE), np.int32)
        base = _Base.of(stage, self.aim)
        for first in range(0, len(user), CHUNK):
            some = user[first : first + CHUNK]
            near = base.shortlist(stage, some)
            match = remembered(stage, memory, some, near)
            for page in range(n_pages):
                shown[first : first + CHUNK, page] = self._page(stage, near, match)
        return shown

    def _page(self, stage: Stage, near: Ids, match: Match) -> Ids:
        """(n, SLATE): one page of each shortlist; what it took is marked as gone."""
        rows, vector = np.arange(len(near)), stage.videos.vector[near].astype("f4")
        fed = np.zeros((len(near), vector.shape[2]), np.float32)
        shown = np.empty((len(near), SLATE), np.int32)
        for place in range(SLATE):
            tired = FED * (vector @ fed[:, :, None])[:, :, 0].clip(0, 2)
            clicks = expit(1.3 * (match.promise - 1.5 * tired) - 2)
            gain = clicks * (match.value - 1.8 * tired)
            best = (gain if self.aim == "satisfaction" else clicks).argmax(axis=1)
            shown[:, place] = near[rows, best]
            fed += clicks[rows, best][:, None] * vector[rows, best]
            match.promise[rows, best] = match.value[rows, best] = -1e4
        return shown


@dataclass(frozen=True, slots=True)
class _Base:
    """What does not depend on the user, for every video."""

    vector: Floats  # (n, DIM)
    own: Floats  # (n,) added to `weight` times the match
    weight: float

    @classmethod
    def of(cls, stage: Stage, aim: Aim) -> _Base:
        videos, everything = stage.videos, np.arange(len(stage.videos))
        nobody = np.zeros(1, np.int64)
        match = stage.judged(np.zeros(len(videos), np.float32), nobody, everything)
        foreign = stage.users.language[nobody] != videos.language
        match_of = match.match + FOREIGN * foreign
        if aim == "satisfaction":
            own = match.value - 1.8 * (match.match - match_of)
            return cls(videos.vector.astype(np.float32), own, 1.8)
        own = match.promise - 1.5 * (match.match - match_of)
        return cls(videos.vector.astype(np.float32), own, 1.5)

    def shortlist(self, stage: Stage, user: Ids) -> Ids:
        """(n, SHORTLIST) most promising videos of each user."""
        taste = stage.users.interests(user, stage.day)
        handicap, language = stage.users.handicap[user], stage.users.language[user]
        near = np.empty((len(user), SHORTLIST), np.int32)
        for row in range(len(user)):
            fit = (self.vector @ taste[row].T - handicap[row]).max(axis=1)
            score = self.own + self.weight * fit
            score -= self.weight * FOREIGN * (stage.videos.language != language[row])
            near[row] = np.argpartition(-score, SHORTLIST)[:SHORTLIST]
        return near
