"""What the company knows on a morning: counts and memories, nothing from later.

Training examples of a day are joined with what was known on that very morning, by the
same code that answers requests. A feature can therefore never have seen its own label.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sevensteps.world.arrays import grown

from ..world import SLATE, Pairs
from .items import Events, Floats, Ids, Items, Viewers

RECENT = 20  # clicks of a user that are kept one by one
KEEP = np.float32(0.9)  # of what trends, a day
ENOUGH = 20  # clicks by lot that a place needs for its look to be told
COUNTED = ("chances", "clicks", "shares", "likes")


@dataclass
class Counts:
    """Sums over impressions, by video, by creator or by user."""

    chances: Floats  # looks that the shown places usually get, in looks at the first
    clicks: Floats
    shares: Floats  # sum of the shares watched
    likes: Floats
    sums: tuple[float, ...] | None = None  # over all keys, kept until the next `add`

    @classmethod
    def none(cls) -> Self:
        """Of no key."""
        return cls(*np.zeros((len(COUNTED), 0), np.float32))

    def totals(self) -> tuple[float, ...]:
        """Chances, clicks, shares and likes of all keys together."""
        if self.sums is None:
            self.sums = tuple(float(getattr(self, name).sum()) for name in COUNTED)
        return self.sums

    def grow(self, n: int) -> None:
        """Make room for `n` keys."""
        for name in COUNTED:
            setattr(self, name, grown(getattr(self, name), n))

    def add(self, key: Ids, chances: Floats, events: Events) -> None:
        """Count the events of some keys."""
        clicked = events.clicked.astype(np.float32)
        amounts = (chances, clicked, events.share * clicked, events.liked)
        for name, amount in zip(COUNTED, amounts, strict=True):
            held = getattr(self, name)
            more = np.bincount(key, amount, len(held)).astype(np.float32)
            setattr(self, name, held + more)
        self.sums = None

    def of(self, key: int) -> Self:
        """The counts of one key, -1 being nobody, with the totals of all."""
        one = _one(key)
        held = {name: grown(getattr(self, name)[one], 1) for name in COUNTED}
        return type(self)(**held, sums=self.totals())


@dataclass
class Known:
    """The company's memory on the morning of `day`; it grows with the company."""

    looks: Floats  # (SLATE,) chance that a place is looked at, the first being 1
    day: int
    item: Counts
    creator: Counts
    user: Counts
    trend: Floats  # (items,) clicks, forgotten by a tenth a day
    topics: Floats  # (users, topics) sum of shares watched
    last: Ids  # (users, RECENT) latest clicked videos, -1 for none; a ring
    last_share: Floats  # how much of each was watched
    n_last: NDArray[np.int64]  # (users,) how many were ever put into the ring
    watched: Pairs  # (user, video)
    follows: Pairs  # (user, creator)

    @classmethod
    def nothing(
        cls, items: Items, viewers: Viewers, looks: Floats | None = None
    ) -> Self:
        """Of these videos and users, before anything has happened."""
        n_topics = int(items.topic.max()) + 1
        known = cls(
            looks=np.ones(SLATE, np.float32) if looks is None else looks,
            day=0,
            item=Counts.none(),
            creator=Counts.none(),
            user=Counts.none(),
            trend=np.zeros(0, np.float32),
            topics=np.zeros((0, n_topics), np.float32),
            last=np.zeros((0, RECENT), np.int32),
            last_share=np.zeros((0, RECENT), np.float32),
            n_last=np.zeros(0, np.int64),
            watched=Pairs.none(),
            follows=Pairs.none(),
        )
        known.meet(items, viewers)
        return known

    def learn(self, events: Events, items: Items, viewers: Viewers, day: int) -> None:
        """Take in events until the morning of `day`; make room for who is new."""
        self.meet(items, viewers)
        chances = self.looks[events.position]
        self.item.add(events.item, chances, events)
        self.creator.add(items.creator[events.item], chances, events)
        self.user.add(events.user, chances, events)
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
        n_users = len(viewers)
        self.item.grow(len(items))
        self.creator.grow(int(items.creator.max()) + 1)
        self.user.grow(n_users)
        self.trend = grown(self.trend, len(items))
        self.topics = grown(self.topics, n_users)
        self.last = grown(self.last, n_users, -1)
        self.last_share = grown(self.last_share, n_users)
        self.n_last = grown(self.n_last, n_users)

    def alone(self, user: int, recent: tuple[int, ...] = ()) -> Self:
        """What is known of one user, who becomes user 0; the rest is shared.

        User -1 is a stranger. `recent` was clicked since the morning, the latest first.
        """
        some = _one(user)
        last = grown(self.last[some], 1, -1).copy()
        share = grown(self.last_share[some], 1).copy()
        at = (int(self.n_last[some].sum()) + np.arange(len(recent))) % RECENT
        usual = share[last >= 0].mean() if (last >= 0).any() else 0.5
        last[0, at], share[0, at] = recent[::-1], usual
        since = np.zeros(len(recent), int), np.array(recent, int)
        return replace(
            self,
            user=self.user.of(user),
            topics=grown(self.topics[some], 1),
            last=last,
            last_share=share,
            n_last=grown(self.n_last[some], 1),
            watched=self.watched.of(user).add(*since),
            follows=self.follows.of(user),
        )

    def _remember(self, hits: Events) -> None:
        """Put clicks into each user's ring, the latest over the oldest."""
        order = np.argsort(hits.user, kind="stable")
        user = hits.user[order]
        since = np.arange(len(user)) - np.searchsorted(user, user)
        place = (self.n_last[user] + since) % RECENT
        self.last[user, place] = hits.item[order]
        self.last_share[user, place] = hits.share[order]
        self.n_last += np.bincount(user, minlength=len(self.n_last))


def _one(key: int) -> slice:
    """The row of one key, or none of -1."""
    return slice(max(key, 0), key + 1)


def walk(
    events: Events, items: Items, viewers: Viewers, looks: Floats | None = None
) -> Iterator[tuple[Events, Known]]:
    """Each day's events, beside what was known on its morning.

    The same `Known` goes on from day to day: use it before asking for the next.
    """
    known = Known.nothing(items, viewers, looks)
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
    so clicks differ by looks alone (Joachims et al., 2017). A ValueError says which
    place has too few clicks to tell.
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
