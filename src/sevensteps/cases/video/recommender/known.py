"""What the company knows on a morning: counts and memories, nothing from later.

Training examples of a day are joined with what was known on that very morning, by the
same code that answers requests. A feature can therefore never have seen its own label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sevensteps.cases.video.world import SLATE, Pairs

from .items import Events, Floats, Ids, Items, Viewers

RECENT = 20  # clicks of a user that are kept one by one
KEEP = np.float32(0.9)  # of what trends, a day
ENOUGH = 20  # clicks by lot that a place needs for its look to be told
COUNTED = ("chances", "clicks", "shares", "likes")
T = TypeVar("T", bound=np.generic)


def _zeros() -> Floats:
    return np.zeros(0, np.float32)


@dataclass
class Counts:
    """Sums over impressions, by video, by creator or by user.

    Attributes
    ----------
    chances : looks that the shown places usually get, in looks at the first place
    clicks, shares, likes : clicks, the sum of the shares watched, likes
    sums : of each over all keys, kept until the next `add`
    """

    chances: Floats = field(default_factory=_zeros)
    clicks: Floats = field(default_factory=_zeros)
    shares: Floats = field(default_factory=_zeros)
    likes: Floats = field(default_factory=_zeros)
    sums: tuple[float, ...] | None = None

    def totals(self) -> tuple[float, ...]:
        """Chances, clicks, shares and likes of all keys together."""
        if self.sums is None:
            self.sums = tuple(float(getattr(self, name).sum()) for name in COUNTED)
        return self.sums

    def add(self, key: Ids, n: int, chances: Floats, events: Events) -> None:
        """Count the events of some keys; there are `n` keys in all."""
        clicked = events.clicked.astype(np.float32)
        amounts = (chances, clicked, events.share * clicked, events.liked)
        for name, amount in zip(COUNTED, amounts, strict=True):
            held = grown(getattr(self, name), n)
            setattr(self, name, held + np.bincount(key, amount, n).astype(np.float32))
        self.sums = None

    def of(self, key: int) -> Counts:
        """The counts of one key, with the totals of all."""
        one = slice(key, key + 1)
        held = self.chances[one], self.clicks[one], self.shares[one], self.likes[one]
        return Counts(*held, sums=self.totals())


@dataclass
class Known:
    """The company's memory on the morning of `day`; it grows with the company.

    Attributes
    ----------
    looks : (SLATE,) float32       chance that a place is looked at, the first being 1
    item, creator, user : Counts
    trend : (items,) float32       clicks, forgotten by a tenth a day
    topics : (users, topics)       sum of shares watched by topic
    last : (users, RECENT) int32   latest clicked videos, -1 for none; a ring
    last_share : (users, RECENT)   how much of each was watched
    n_last : (users,) int64        how many were ever put into the ring
    watched, follows : Pairs       (user, video) and (user, creator)
    """

    looks: Floats = field(default_factory=lambda: np.ones(SLATE, np.float32))
    day: int = 0
    item: Counts = field(default_factory=Counts)
    creator: Counts = field(default_factory=Counts)
    user: Counts = field(default_factory=Counts)
    trend: Floats = field(default_factory=_zeros)
    topics: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    last: Ids = field(default_factory=lambda: np.zeros((0, RECENT), np.int32))
    last_share: Floats = field(default_factory=lambda: np.zeros((0, RECENT), "f4"))
    n_last: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    watched: Pairs = field(default_factory=Pairs.none)
    follows: Pairs = field(default_factory=Pairs.none)

    def learn(self, events: Events, items: Items, viewers: Viewers, day: int) -> None:
        """Take in events until the morning of `day`; make room for who is new."""
        self.meet(items, viewers)
        n_users, n_creators = len(viewers), len(self.creator.clicks)
        chances = self.looks[events.position]
        self.item.add(events.item, len(items), chances, events)
        self.creator.add(items.creator[events.item], n_creators, chances, events)
        self.user.add(events.user, n_users, chances, events)
        hits = events.take(events.clicked)
        clicks = np.bincount(hits.item, minlength=len(items)).astype(np.float32)
        self.trend = KEEP ** max(day - self.day, 0) * self.trend + clicks
        np.add.at(self.topics, (hits.user, items.topic[hits.item]), hits.share)
        self._remember(hits)
        fans = events.take(events.subscribed)
        self.watched = self.watched.add(hits.user, hits.item)
        self.follows = self.follows.add(fans.user, items.creator[fans.item])
        self.day = day

    def meet(self, items: Items, viewers: Viewers) -> None:
        """Make room for everybody and everything that exists by now."""
        n_users, n_creators = len(viewers), int(items.creator.max()) + 1
        sizes = {"item": len(items), "creator": n_creators, "user": n_users}
        for name, n in sizes.items():
            counts = getattr(self, name)
            for part in COUNTED:
                setattr(counts, part, grown(getattr(counts, part), n))
        self.trend = grown(self.trend, len(items))
        if not len(self.topics):
            self.topics = np.zeros((0, int(items.topic.max()) + 1), np.float32)
        self.topics = grown(self.topics, n_users)
        self.last = grown(self.last, n_users, -1)
        self.last_share = grown(self.last_share, n_users)
        self.n_last = grown(self.n_last, n_users)

    def alone(self, user: int, recent: tuple[int, ...] = ()) -> Known:
        """What is known of one user, who becomes user 0; the rest is shared.

        Parameters
        ----------
        user : -1 for a stranger, of whom nothing is known
        recent : videos clicked since the morning, the latest first
        """
        some = slice(user, user + 1) if user >= 0 else slice(0, 0)
        last = grown(self.last[some], 1, -1).copy()
        share = grown(self.last_share[some], 1).copy()
        at = (int(self.n_last[some].sum()) + np.arange(len(recent))) % RECENT
        usual = share[last >= 0].mean() if (last >= 0).any() else 0.5
        last[0, at], share[0, at] = recent[::-1], usual
        one = Known(self.looks, self.day, self.item, self.creator)
        one.user = self.user.of(user) if user >= 0 else _nobody(self.user)
        one.trend, one.topics = self.trend, grown(self.topics[some], 1)
        one.last, one.last_share, one.n_last = last, share, grown(self.n_last[some], 1)
        seen = self.watched.of(user)
        one.watched = seen.add(np.zeros(len(recent), int), np.array(recent, int))
        one.follows = self.follows.of(user)
        return one

    def _remember(self, hits: Events) -> None:
        """Put clicks into each user's ring, the latest over the oldest."""
        order = np.argsort(hits.user, kind="stable")
        user = hits.user[order]
        since = np.arange(len(user)) - np.searchsorted(user, user)
        place = (self.n_last[user] + since) % RECENT
        self.last[user, place] = hits.item[order]
        self.last_share[user, place] = hits.share[order]
        self.n_last += np.bincount(user, minlength=len(self.n_last))


def walk(
    events: Events, items: Items, viewers: Viewers, looks: Floats | None = None
) -> Iterator[tuple[Events, Known]]:
    """Each day's events, beside what was known on its morning.

    The same `Known` goes on from day to day: use it before asking for the next.
    """
    known = Known() if looks is None else Known(looks)
    known.meet(items, viewers)
    for day, today in events.days():
        known.day = day
        yield today, known
        known.learn(today, items, viewers, day + 1)


def known_after(
    events: Events, items: Items, viewers: Viewers, looks: Floats | None = None
) -> Known:
    """What is known on the morning after the last event."""
    mornings = [known for _, known in walk(events, items, viewers, looks)]
    if not mornings:
        raise ValueError("there are no events to learn from")
    return mornings[-1]


def look_curve(events: Events) -> Floats:
    """(SLATE,) how often each place is looked at, the first being 1.

    From places that were filled by lot: there the video cannot depend on the place,
    so clicks differ by looks alone (Joachims et al., 2017).

    Raises
    ------
    ValueError
        if a place has too few clicks to tell
    """
    by_lot = events.take(events.explored)
    shown = np.bincount(by_lot.position, minlength=SLATE)
    clicks = np.bincount(by_lot.position[by_lot.clicked], minlength=SLATE)
    if (clicks < ENOUGH).any():
        raise ValueError(
            f"each place needs at least {ENOUGH} clicks on videos shown by lot to tell "
            f"how often it is looked at; got {clicks.tolist()}: explore more"
        )
    rate = clicks / shown
    return np.asarray(rate / rate[0], np.float32)


def grown(held: NDArray[T], n: int, fill: Any = 0) -> NDArray[T]:
    """An array with at least `n` rows, the new ones holding `fill`."""
    if len(held) >= n:
        return held
    more = np.full((n - len(held), *held.shape[1:]), fill, held.dtype)
    return np.concatenate([held, more])


def _nobody(users: Counts) -> Counts:
    """The counts of somebody without a past."""
    nothing = np.zeros(1, np.float32)
    return Counts(nothing, nothing, nothing, nothing, sums=users.totals())
