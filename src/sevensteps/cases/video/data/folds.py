"""A log cut by time: what was known at an instant, and what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from sevensteps.cases.video.recommender.items import Events, Ids
from sevensteps.cases.video.recommender.sources import click_matrix
from sevensteps.cases.video.world import Pairs
from sevensteps.measure import Interval, ndcg_at_k, recall_at_k

from .log import Log

K, MOST_USERS, BLOCKS = 20, 3_000, 200


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity
class TimeFold:
    """The past of an instant, and what some users took after it.

    Attributes
    ----------
    log : Log
    past : Events             until the instant
    seconds : (p,) float64    of the past's rows
    clicks : (users, items)   of the past, 1 where a user took an item
    user : (n,) int32         asked about: seen before and after, at most `MOST_USERS`
    row, item : (m,) int      what each took after, for the first time
    newcomers : int           users of the days after who were never seen before
    """

    log: Log
    past: Events
    seconds: NDArray[np.float64]
    clicks: sp.csr_matrix
    user: Ids
    row: NDArray[np.intp]
    item: Ids
    newcomers: int

    @classmethod
    def of(cls, log: Log, low: float, high: float, seed: int = 0) -> TimeFold:
        """Cut at two instants; what a user had before does not count again."""
        early = log.seconds <= low
        past = log.events.take(early)
        after = log.events.take(~early & (log.seconds <= high))
        old = Pairs.none().add(past.user, past.item)
        pair = Pairs.none().add(after.user, after.item).keys
        user, item = pair >> 32, pair & 0xFFFFFFFF
        known = np.isin(user, past.user)
        newcomers = len(np.unique(user[~known]))
        new = known & ~old.has(user, item)
        every = np.unique(user[new])
        rng = np.random.default_rng([seed, 17])
        some = np.sort(rng.permutation(every)[:MOST_USERS])
        keep = new & np.isin(user, some)
        clicks = click_matrix(past, len(log.viewers), len(log.items))
        clicks.data[:] = 1
        return cls(
            log=log,
            past=past,
            seconds=log.seconds[early],
            clicks=clicks,
            user=some.astype(np.int32),
            row=np.searchsorted(some, user[keep]),
            item=item[keep].astype(np.int32),
            newcomers=newcomers,
        )

    def taken(self, lists: Ids) -> NDArray[np.bool_]:
        """(n, k) whether each listed item was taken after the instant."""
        answers = Pairs.none().add(self.row, self.item)
        row = np.broadcast_to(np.arange(len(lists))[:, None], lists.shape)
        return answers.has(row, np.maximum(lists, 0)) & (lists >= 0)

    def had(self, lists: NDArray[np.integer]) -> NDArray[np.bool_]:
        """(n, k) whether a user had taken the listed item before, or none is listed."""
        row = np.broadcast_to(self.user[:, None], lists.shape)
        safe = np.maximum(lists, 0)
        before = np.asarray(self.clicks[row.ravel(), safe.ravel()]).reshape(lists.shape)
        return (before > 0) | (lists < 0)


def cut(log: Log, shares: tuple[float, ...]) -> list[TimeFold]:
    """Folds between the instants by which such shares of all rows had come.

    Raises
    ------
    ValueError                if nobody comes back: there is nothing to judge by
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
    pairs = list(zip(folds, lists, strict=True))
    gains = np.concatenate([f.taken(ids[:, :K]).astype(float) for f, ids in pairs])
    wanted = [np.bincount(f.row, minlength=len(f.user)) for f in folds]
    ideal = (np.arange(K) < np.concatenate(wanted)[:, None]).astype(float)
    return ndcg_at_k(gains, _blocks(folds), k=K, ideal=ideal)


def recall(lists: list[Ids], folds: list[TimeFold]) -> Interval:
    """Share of all that was taken which is among the first K; users are redrawn."""
    first = np.cumsum([0, *(len(f.user) for f in folds)])
    row = np.concatenate([f.row + n for f, n in zip(folds, first, strict=False)])
    item = np.concatenate([f.item for f in folds])
    every = np.concatenate([ids[:, :K] for ids in lists])
    return recall_at_k(every, row, item, _blocks(folds))


def _blocks(folds: list[TimeFold]) -> Ids:
    return np.concatenate([fold.user % BLOCKS for fold in folds])
