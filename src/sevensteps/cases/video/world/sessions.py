"""What people do with a page: how far they look, what they click, when they leave."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sevensteps.world.streams import uniforms

from .people import PULL, WORTH, VideoDay, VideoMatch
from .records import Flags, Floats, Ids, PageRequests, Slates, UserItemPairs
from .rng import ASKED, CLICK, EXAMINE, LIKE, STARS, SUBSCRIBE, WATCH
from .schema import MOST_PAGES, SLATE

EXAMINES_ON = np.array((0.86, 0.82, 0.90), np.float32)  # to the next place, by device
BUDGET_S = 900.0  # of a page, for a user of patience 1
BORED = 0.15  # satisfaction lost by a page on which nothing was worth a click
FED = 0.35  # of match lost by a video just like one watched on the same page
# Of promise, and half of it of value, lost by a video watched before:
AGAIN = np.float32(2.5)
KNOWN = np.float32(0.4)  # of promise gained by a creator to whom the user subscribes
SURVEYED = 0.03  # of watched videos; who is asked, answers


@dataclass(frozen=True, slots=True)
class SlateResponses:
    """What happened at each place of each page; (n, SLATE) arrays."""

    examined: Flags
    clicked: Flags
    watched_s: Floats
    liked: Flags
    subscribed: Flags
    survey: NDArray[np.int8]  # 0 where nobody was asked
    match: Floats
    promise: Floats
    value: Floats

    @classmethod
    def none(cls, n: int) -> Self:
        """Room for what will happen on `n` pages."""
        flag, number, star = bool, np.float32, np.int8
        kinds = flag, flag, number, flag, flag, star, number, number, number
        return cls(*(np.zeros((n, SLATE), kind) for kind in kinds))

    @property
    def satisfaction(self) -> Floats:
        """(n,) what each page gave its user: the value of what was watched, capped."""
        got = np.where(self.clicked, self.value, 0).sum(axis=1)
        bored = BORED * ~self.clicked.any(axis=1)
        return np.asarray(np.clip(got, -3, 5) - bored, np.float32)


@dataclass(frozen=True, slots=True)
class Memory:
    """What users have behind them."""

    watched: UserItemPairs  # (user, video)
    follows: UserItemPairs  # (user, creator)

    @classmethod
    def none(cls) -> Self:
        """Nothing."""
        return cls(UserItemPairs.none(), UserItemPairs.none())

    def after(
        self, stage: VideoDay, user: Ids, video: Ids, seen: SlateResponses
    ) -> Self:
        """With what happened on some pages."""
        who, _ = np.nonzero(seen.clicked)
        fan, _ = np.nonzero(seen.subscribed)
        creator = stage.videos.creator[video[seen.subscribed]]
        return type(self)(
            self.watched.add(user[who], video[seen.clicked]),
            self.follows.add(user[fan], creator),
        )


def behave(
    stage: VideoDay,
    memory: Memory,
    requests: PageRequests,
    slates: Slates,
    random_key: NDArray[np.uint64],
) -> tuple[SlateResponses, Memory]:
    """Every user's way through the pages that a policy made, first pages first."""
    seen = SlateResponses.none(len(requests))
    for page in range(MOST_PAGES):
        rows = np.flatnonzero(requests.page == page)
        user, video = requests.user_id[rows], slates.video_id[rows]
        some = _page(stage, memory, user, video, random_key[rows])
        memory = memory.after(stage, user, video, some)
        for field in fields(SlateResponses):
            getattr(seen, field.name)[rows] = getattr(some, field.name)
    return seen, memory


def _page(
    stage: VideoDay,
    memory: Memory,
    user: Ids,
    video: Ids,
    random_key: NDArray[np.uint64],
) -> SlateResponses:
    """(n,) users, each with one page."""
    there = video >= 0
    video = np.where(there, video, 0)
    match = remembered(stage, memory, user, video)
    examines = there & (_depth(stage, user, random_key)[:, None] > np.arange(SLATE))
    walk = _walk(stage, match, user, video, examines, random_key)
    key = random_key[:, None]
    clicked, value = walk.clicked, walk.value
    liked = clicked & (uniforms(key, video, LIKE) < expit(1.5 * value - 3))
    asked = clicked & (uniforms(key, video, ASKED) < SURVEYED)
    stars = 3 + 1.2 * value + 2 * (uniforms(key, video, STARS) - np.float32(0.5))
    return replace(
        walk,
        liked=liked,
        subscribed=liked & (uniforms(key, video, SUBSCRIBE) < 0.15),
        survey=np.where(asked, np.rint(stars).clip(1, 5), 0).astype(np.int8),
    )


def remembered(stage: VideoDay, memory: Memory, user: Ids, video: Ids) -> VideoMatch:
    """What each video is to its user, who has seen some, and knows some creators."""
    match = stage.meet(user, video)
    again = memory.watched.has(user[:, None], video)
    lost = np.where(again, AGAIN, np.float32(0))
    known = memory.follows.has(user[:, None], stage.videos.creator[video])
    return VideoMatch(
        match=match.match,
        value=match.value - (lost / 2).astype(np.float32),
        promise=match.promise - lost + np.where(known, KNOWN, np.float32(0)),
    )


def _depth(
    stage: VideoDay, user: Ids, random_key: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """(n,) how many places each user looks at: at least one."""
    users = stage.users
    on = EXAMINES_ON[users.device[user]] ** (1 / users.patience[user])
    u = np.maximum(uniforms(random_key, 0, EXAMINE), 1e-7)
    return 1 + np.floor(np.log(u) / np.log(on)).astype(np.int64)


def _walk(
    stage: VideoDay,
    match: VideoMatch,
    user: Ids,
    video: Ids,
    examines: Flags,
    random_key: NDArray[np.uint64],
) -> SlateResponses:
    """Down the page, place by place, until the time is used up.

    Each watched video makes the next of its kind less welcome.
    """
    seen = SlateResponses.none(len(user))
    left = BUDGET_S * stage.users.patience[user]
    fed = np.zeros((len(user), stage.videos.vector.shape[1]), np.float32)
    for place in range(SLATE):
        ids = video[:, place]
        vector = stage.videos.vector[ids].astype(np.float32)
        tired = FED * np.einsum("nd,nd->n", fed, vector).clip(0, 2)
        promise = match.promise[:, place] - PULL * tired
        value = match.value[:, place] - WORTH * tired
        wants = uniforms(random_key, ids, CLICK) < expit(1.3 * promise - 2.0)
        now = examines[:, place] & wants & (left > 0)
        mood = 4 * (uniforms(random_key, ids, WATCH) - 0.5)
        stays = expit(0.2 + 1.6 * value + mood)
        seconds = np.where(now, np.minimum(stays * stage.videos.length_s[ids], left), 0)
        seen.examined[:, place] = examines[:, place] & (left > 0)
        left -= seconds
        fed += np.where(now[:, None], vector, 0)
        seen.clicked[:, place], seen.watched_s[:, place] = now, seconds
        seen.match[:, place] = match.match[:, place] - tired
        seen.promise[:, place], seen.value[:, place] = promise, value
    return seen
