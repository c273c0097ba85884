"""A log cut by time: what was known at an instant, and what came after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.measure import Interval, ndcg_at_k, recall_at_k

from .logs import Log

Ids = NDArray[np.int32]
K, MOST_USERS, BLOCKS = 20, 3_000, 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """The past of an instant, and the answer sheet of some users.

    Attributes
    ----------
    past : Log                what came before
    user : (n,) int32         asked about: seen before and after, at most `MOST_USERS`
    row, item : (m,) int      what each took after, for the first time
    newcomers : int           users of the answer sheet who were never seen before
    """

    past: Log
    user: Ids
    row: NDArray[np.intp]
    item: Ids
    newcomers: int

    @classmethod
    def of(cls, log: Log, low: float, high: float, seed: int = 0) -> Stretch:
        """Cut at two instants; what a user had before does not count again."""
        past, after = log.between(-1, low), log.between(low, high)
        known = np.zeros(log.n_users, bool)
        known[past.user] = True
        newcomers = len(np.unique(after.user[~known[after.user]]))
        pair = np.setdiff1d(_pairs(after), _pairs(past))
        user, item = np.divmod(pair, log.n_items)
        rng = np.random.default_rng([seed, 17])
        every = np.unique(user[known[user]])
        some = np.sort(rng.permutation(every)[:MOST_USERS])
        keep = np.isin(user, some)
        row = np.searchsorted(some, user[keep])
        return cls(
            past, some.astype(np.int32), row, item[keep].astype(np.int32), newcomers
        )

    def taken(self, row: NDArray[np.intp], item: Ids) -> NDArray[np.bool_]:
        """Whether each pair of a user's row and an item is on the answer sheet."""
        wide = self.past.n_items
        held = self.row.astype(np.int64) * wide + self.item
        return np.isin(row.astype(np.int64) * wide + item, held)

    def gains(self, lists: Ids) -> NDArray[np.float64]:
        """(n, k) ones where a list holds what was taken."""
        row = np.broadcast_to(np.arange(len(lists))[:, None], lists.shape)
        hit = self.taken(row.ravel(), np.maximum(lists, 0).ravel())
        return (hit.reshape(lists.shape) & (lists >= 0)).astype(float)

    def ideal(self, k: int) -> NDArray[np.float64]:
        """(n, k) the gains of a perfect list."""
        n = np.bincount(self.row, minlength=len(self.user))
        return (np.arange(k) < n[:, None]).astype(float)


def _pairs(log: Log) -> NDArray[np.int64]:
    return np.unique(log.user.astype(np.int64) * log.n_items + log.item)


def ndcg(lists: list[Ids], stretches: list[Stretch]) -> Interval:
    """NDCG@K over one or several stretches; users are redrawn."""
    gains = np.concatenate(
        [s.gains(ids[:, :K]) for s, ids in zip(stretches, lists, strict=True)]
    )
    ideal = np.concatenate([s.ideal(K) for s in stretches])
    block = np.concatenate([s.user % BLOCKS for s in stretches])
    return ndcg_at_k(gains, block, k=K, ideal=ideal)


def recall(lists: list[Ids], stretches: list[Stretch]) -> Interval:
    """Share of all that was taken which is among the first K; users are redrawn."""
    first = np.cumsum([0, *(len(s.user) for s in stretches)])
    every = np.concatenate([ids[:, :K] for ids in lists])
    row = np.concatenate(
        [s.row + n for s, n in zip(stretches, first[:-1], strict=True)]
    )
    item = np.concatenate([s.item for s in stretches])
    block = np.concatenate([s.user % BLOCKS for s in stretches])
    return recall_at_k(every, row, item, block)
