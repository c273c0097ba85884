"""The best possible slates, made by somebody who knows everything.

Only the world can run this policy: it looks at tastes, qualities and baits.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from scipy.special import expit

from sevensteps.world.arrays import chunks

from .people import FOREIGN, PULL, WORTH, VideoDay, VideoMatch
from .records import Floats, Ids, PageRequests, Slates
from .schema import MOST_PAGES, SLATE
from .sessions import FED, Memory, remembered

Aim = Literal["satisfaction", "clicks"]
SHORTLIST = 400  # videos a user, of which pages are composed
CHUNK = 64  # users at a time
BLOCK = 1 << 16  # videos at a time


@dataclass(frozen=True, slots=True)
class VideoOracle:
    """Shows what serves the aim best, page by page, place by place.

    A place gets the video with the largest expected gain (chance of a click, times the
    value if the aim is satisfaction), given what the places above it have probably fed
    the user with. That is the best slate if only one place counts, and close to it for
    ten: the search is greedy, and the shortlist takes the largest values only.
    """

    aim: Aim = "satisfaction"

    def __post_init__(self) -> None:
        if self.aim not in ("satisfaction", "clicks"):
            raise ValueError(f"aim is 'satisfaction' or 'clicks', not {self.aim!r}")

    def slates(self, stage: VideoDay, memory: Memory, requests: PageRequests) -> Slates:
        """(n, SLATE) videos for a day's requests."""
        user, row = np.unique(requests.user_id, return_inverse=True)
        pages = self.best(stage, memory, user.astype(np.int32), MOST_PAGES)
        return Slates.fixed(pages[row, requests.page])

    def best(self, stage: VideoDay, memory: Memory, user: Ids, n_pages: int = 1) -> Ids:
        """(n, n_pages, SLATE) videos for some users, best first."""
        shown = np.empty((len(user), n_pages, SLATE), np.int32)
        base = _Base.of(stage, self.aim)
        for some in chunks(len(user), CHUNK):
            near = base.shortlist(stage, user[some])
            match = remembered(stage, memory, user[some], near)
            for page in range(n_pages):
                shown[some, page] = self._page(stage, near, match)
        return shown

    def _page(self, stage: VideoDay, near: Ids, match: VideoMatch) -> Ids:
        """(n, SLATE): one page of each shortlist; what it took is marked as gone."""
        rows, vector = np.arange(len(near)), stage.videos.vector[near].astype("f4")
        fed = np.zeros((len(near), vector.shape[2]), np.float32)
        shown = np.empty((len(near), SLATE), np.int32)
        for place in range(SLATE):
            tired = FED * (vector @ fed[:, :, None])[:, :, 0].clip(0, 2)
            clicks = expit(1.3 * (match.promise - PULL * tired) - 2)
            gain = clicks * (match.value - WORTH * tired)
            best = (gain if self.aim == "satisfaction" else clicks).argmax(axis=1)
            shown[:, place] = near[rows, best]
            fed += clicks[rows, best][:, None] * vector[rows, best]
            match.promise[rows, best] = match.value[rows, best] = -1e4
        return shown


@dataclass(frozen=True, slots=True)
class _Base:
    """What does not depend on the user, for every video."""

    vector: Floats  # (DIM, n)
    own: Floats  # (n,) added to `weight` times the match
    weight: np.float32

    @classmethod
    def of(cls, stage: VideoDay, aim: Aim) -> Self:
        """Videos as they are to a user without taste, who speaks all languages."""
        videos, nobody = stage.videos, np.zeros(1, np.int64)
        foreign = FOREIGN * (stage.users.language[nobody] != videos.language)
        fit = foreign.astype(np.float32)
        match = stage.judged(fit, nobody, np.arange(len(videos)))
        satisfies = aim == "satisfaction"
        return cls(
            vector=np.ascontiguousarray(videos.vector.T, np.float32),
            own=match.value if satisfies else match.promise,
            weight=WORTH if satisfies else PULL,
        )

    def shortlist(self, stage: VideoDay, user: Ids) -> Ids:
        """(n, SHORTLIST) most promising videos of each user, block by block."""
        ids, scores = np.empty((2, len(user), 0))
        for block in chunks(len(self.own), BLOCK):
            score = self._scores(stage, user, block)
            keep = min(SHORTLIST, score.shape[1] - 1)
            near = np.argpartition(-score, keep, axis=1)[:, :keep]
            ids = np.hstack([ids, near + block.start])
            scores = np.hstack([scores, np.take_along_axis(score, near, 1)])
        best = np.argpartition(-scores, SHORTLIST - 1, axis=1)[:, :SHORTLIST]
        return np.take_along_axis(ids, best, 1).astype(np.int32)

    def _scores(self, stage: VideoDay, user: Ids, block: slice) -> Floats:
        """(n, block) own score and weighted match."""
        taste = stage.users.interests(user, stage.day)
        handicap = stage.users.handicap[user]
        fit = np.full((len(user), len(self.own[block])), -np.inf, np.float32)
        for k in range(taste.shape[1]):
            one = taste[:, k] @ self.vector[:, block] - handicap[:, k, None]
            np.maximum(fit, one, out=fit)
        language = stage.users.language[user][:, None]
        fit -= np.float32(FOREIGN) * (stage.videos.language[block] != language)
        return np.asarray(self.own[block] + self.weight * fit, np.float32)
