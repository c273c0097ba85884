"""A log cut by time: what was known at an instant, and what came after it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from sevensteps.measure import Interval, recall_at_k

from ..experiments.offline import ndcg_of
from ..recommender.items import Events, Flags, Ids
from ..recommender.sources import click_matrix
from ..world import Pairs
from .log import Log

K, MOST_USERS, BLOCKS = 20, 3_000, 200


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity
class TimeFold:
    """The past of an instant, and what some users took after it."""

    log: Log
    past: Events  # until the instant
    seconds: NDArray[np.float64]  # of the past's rows
    clicks: sp.csr_matrix  # (users, items) of the past, 1 where a user took an item
    old: Pairs  # the same
    user: Ids  # asked about: seen before and after, at most `MOST_USERS`
    row: NDArray[np.intp]  # of what was taken after, for the first time: who by
    item: Ids  # and what

    @classmethod
    def of(cls, log: Log, low: float, high: float) -> Self:
        """Cut at two instants; what a user had before does not count again."""
        early = log.seconds <= low
        past = log.events.take(early)
        after = log.events.take(~early & (log.seconds <= high))
        old = Pairs.none().add(past.user, past.item)
        pair = Pairs.none().add(after.user, after.item).keys
        user, item = pair >> 32, pair & 0xFFFFFFFF
        known = np.isin(user, past.user)
        new = known & ~old.has(user, item)
        rng = np.random.default_rng([0, 17])
        some = np.sort(rng.permutation(np.unique(user[new]))[:MOST_USERS])
        keep = new & np.isin(user, some)
        clicks = click_matrix(past, len(log.viewers), len(log.items))
        clicks.data[:] = 1
        return cls(
            log=log,
            past=past,
            seconds=log.seconds[early],
            clicks=clicks,
            old=old,
            user=some.astype(np.int32),
            row=np.searchsorted(some, user[keep]),
            item=item[keep].astype(np.int32),
        )

    def taken(self, lists: Ids) -> Flags:
        """(n, k) whether each listed item was taken after the instant."""
        taken = Pairs.none().add(self.row, self.item)
        return taken.has(np.arange(len(lists))[:, None], lists)

    def had(self, lists: NDArray[np.integer]) -> Flags:
        """(n, k) whether a user had taken the listed item before, or none is listed."""
        return self.old.has(self.user[:, None], lists) | (lists < 0)


def cut(log: Log, shares: tuple[float, ...]) -> list[TimeFold]:
    """Folds between the instants by which such shares of all rows had come.

    Raises a ValueError if nobody comes back: there is nothing to judge by.
    """
    at = np.quantile(log.seconds, shares)
    folds = [TimeFold.of(log, float(a), float(b)) for a, b in pairwise(at) if b > a]
    folds = [fold for fold in folds if len(fold.item)]
    if not folds:
        raise ValueError(
            "nobody who was seen before takes anything new later: an evaluation needs "
            "users who come back, over more than one instant"
        )
    return folds


def ndcg(lists: list[Ids], folds: list[TimeFold]) -> Interval:
    """NDCG@K over one or several folds; users are redrawn."""
    return ndcg_of(*_pooled(lists, folds))


def recall(lists: list[Ids], folds: list[TimeFold]) -> Interval:
    """Share of all that was taken which is among the first K; users are redrawn."""
    return recall_at_k(*_pooled(lists, folds))


def _pooled(lists: list[Ids], folds: list[TimeFold]) -> tuple[Ids, ...]:
    """The first K of all lists; of what was taken the list and the item; blocks."""
    first = np.cumsum([0, *(len(fold.user) for fold in folds)])
    parts = [
        (ids[:, :K], fold.row + n, fold.item, fold.user % BLOCKS)
        for ids, fold, n in zip(lists, folds, first, strict=False)
    ]
    return tuple(map(np.concatenate, zip(*parts, strict=True)))
