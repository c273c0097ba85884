"""Where candidates come from: each source names a few hundred videos for a user.

Every source has one face: `source(user, k)` returns (n, k) ids, best first, with -1
where it has no more to offer.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import faiss
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sevensteps.world.arrays import chunks, repeated

from .inputs import Towers
from .items import Codes, Events, Flags, Floats, Ids, Items, Viewers
from .known import Known

Source = Callable[[Ids, int], Ids]
Positions = NDArray[np.intp]
LISTED = 500  # videos on a list that all share
CHUNK = 512  # users at a time


@dataclass(frozen=True)
class Listed:
    """One list for all who speak a language."""

    lists: Ids  # (languages, n), best first, -1 where a list ends
    language: Codes  # of each user

    def __call__(self, user: Ids, k: int) -> Ids:
        """(n, k) of each user's own list."""
        return padded(self.lists[self.language[user]], k)


def popular(known: Known, items: Items, viewers: Viewers) -> Listed:
    """What trends most in each language."""
    return _listed(np.flatnonzero(known.trend > 0), known.trend, items, viewers)


def fresh(known: Known, items: Items, viewers: Viewers) -> Listed:
    """Videos of three days, first those whose creators are watched longest."""
    new = np.flatnonzero(items.born >= known.day - 3)
    creator = known.creator
    worth = (creator.shares + 1) / (creator.clicks + 2)
    return _listed(new, worth[items.creator], items, viewers)


def _listed(some: Positions, score: Floats, items: Items, viewers: Viewers) -> Listed:
    """Some videos by language, those with the largest scores first."""
    lists = np.full((int(viewers.language.max()) + 1, LISTED), -1, np.int32)
    for language in range(len(lists)):
        ids = some[items.language[some] == language]
        best = ids[np.argsort(-score[ids], kind="stable")[:LISTED]]
        lists[language, : len(best)] = best
    return Listed(lists, viewers.language)


@dataclass(frozen=True)
class CoWatch:
    """Videos clicked by those who clicked what the user clicked.

    Item-to-item collaborative filtering (Sarwar et al., 2001): the cosine between
    columns of the click matrix, shrunk where few clicked both.
    """

    near: sp.csr_matrix  # (items, items), a few dozen entries a row
    known: Known

    @classmethod
    def of(
        cls, clicks: sp.csr_matrix, known: Known, n: int = 50, shrink: float = 10.0
    ) -> Self:
        """The `n` nearest neighbours from a (users, items) matrix of clicks."""
        some = clicks.tocsc()
        often = np.asarray(some.sum(axis=0)).ravel()
        busy = np.flatnonzero(often >= 2)
        part = some[:, busy]
        both = (part.T @ part).tocoo()
        keep = both.row != both.col
        i, j, c = both.row[keep], both.col[keep], both.data[keep]
        cosine = c / (np.sqrt(often[busy[i]] * often[busy[j]]) + shrink)
        at, _ = _best_entries(i, cosine, n)
        entries = cosine[at].astype(np.float32), (busy[i[at]], busy[j[at]])
        return cls(sp.csr_matrix(entries, shape=(some.shape[1],) * 2), known)

    def __call__(self, user: Ids, k: int) -> Ids:
        """(n, k) by the sum of nearness to the user's latest clicks."""
        last, share = self.known.last[user], self.known.last_share[user]
        row, slot = np.nonzero(last >= 0)
        entries = (share[row, slot] + 0.1, (row, last[row, slot]))
        asked = sp.csr_matrix(entries, shape=(len(user), self.near.shape[0]))
        score = (asked @ self.near).tocoo()
        at, rank = _best_entries(score.row, score.data, k)
        out = np.full((len(user), k), -1, np.int32)
        out[score.row[at], rank] = score.col[at]
        return out


def _best_entries(row: Ids, value: Floats, k: int) -> tuple[Positions, Positions]:
    """Entries with the `k` largest values of each row, best first, and their ranks."""
    order = np.lexsort((-value, row))
    rank = np.arange(len(row)) - np.searchsorted(row[order], row[order])
    return order[rank < k], rank[rank < k]


@dataclass(frozen=True)
class Factors:
    """Matrix factorisation: the product of a user's and a video's vector."""

    users: Floats
    items: Floats
    often: Flags  # (items,) clicked at all

    @classmethod
    def of(
        cls, clicks: sp.csr_matrix, width: int, weight: float, ridge: float, seed: int
    ) -> Self:
        """Alternating least squares on implicit feedback (Hu et al., 2008)."""
        with warnings.catch_warnings():  # it asks for a notebook's progress bar
            warnings.simplefilter("ignore")
            from implicit.cpu.als import AlternatingLeastSquares

        with threadpool_limits(1, "blas"):  # as it asks for
            model = AlternatingLeastSquares(
                factors=width,
                alpha=weight,
                regularization=ridge,
                iterations=12,
                random_state=seed,
                num_threads=1,
            )
            model.fit(clicks.astype(np.float32), show_progress=False)
        often = np.asarray(clicks.sum(axis=0)).ravel() > 0
        return cls(model.user_factors, model.item_factors, often)

    def __call__(self, user: Ids, k: int) -> Ids:
        """(n, k) by the product; users without clicks get nothing."""
        out = np.full((len(user), k), -1, np.int32)
        ids = np.flatnonzero(self.often)
        vectors = self.items[ids]
        for some in chunks(len(user), CHUNK):
            there = user[some] < len(self.users)  # who joined after the fit is unknown
            mine = self.users[np.where(there, user[some], 0)] * there[:, None]
            best = best_of(mine @ vectors.T, k)
            found = ids[best].astype(np.int32)
            found[~mine.any(axis=1)] = -1
            out[some] = padded(found, k)
        return out


def flat(vector: Floats) -> faiss.Index:
    """An index that looks at all (n, d) vectors."""
    index = faiss.IndexFlatIP(vector.shape[1])
    index.add(np.ascontiguousarray(vector))
    return index


@dataclass(frozen=True)
class Near:
    """The videos nearest to a user's vectors, in any index of faiss."""

    towers: Towers
    vector: Floats
    index: faiss.Index
    known: Known
    viewers: Viewers

    @classmethod
    def exact(
        cls, towers: Towers, vector: Floats, known: Known, viewers: Viewers
    ) -> Self:
        """By looking at all videos."""
        return cls(towers, vector, flat(vector), known, viewers)

    def __call__(self, user: Ids, k: int) -> Ids:
        """(n, k) by the largest product with any of the user's vectors."""
        asks = self.towers.of_users(self.known, self.viewers, self.vector, user)
        n, heads, width = asks.shape
        score, found = self.index.search(asks.reshape(-1, width), k)
        if heads == 1:
            return found.astype(np.int32)
        score, found = score.reshape(n, -1), found.reshape(n, -1)
        order = np.argsort(-score, axis=1, kind="stable")
        return first_of(np.take_along_axis(found, order, 1), k)


@dataclass(frozen=True)
class Followed:
    """The newest videos of the creators whom a user follows."""

    known: Known
    order: Ids  # videos by creator, the newest first
    start: NDArray[np.int64]  # (creators + 1,) where each creator's begin

    @classmethod
    def of(cls, known: Known, items: Items) -> Self:
        """From who follows whom by now."""
        order = np.lexsort((-items.born, items.creator))
        every = np.arange(int(items.creator.max()) + 2)
        start = np.searchsorted(items.creator[order], every)
        return cls(known, order.astype(np.int32), start)

    def __call__(self, user: Ids, k: int) -> Ids:
        """(n, k), of each creator equally many."""
        pairs = self.known.follows.keys
        fan, creator = pairs >> 32, pairs & 0xFFFFFFFF
        first, last = np.searchsorted(fan, user), np.searchsorted(fan, user, "right")
        out = np.full((len(user), k), -1, np.int32)
        for row, (a, b) in enumerate(zip(first, last, strict=True)):
            each = -(-k // max(int(b - a), 1))
            found = [self._newest(int(c), each) for c in creator[a:b]]
            ids = np.concatenate([out[:0, 0], *found])[:k]
            out[row, : len(ids)] = ids
        return out

    def _newest(self, creator: int, n: int) -> Ids:
        begin, end = self.start[creator : creator + 2]
        return self.order[begin : min(begin + n, end)]


def click_matrix(events: Events, n_users: int, n_items: int) -> sp.csr_matrix:
    """(users, items) of shares watched, from the clicks among some events."""
    hits = events.take(events.clicked)
    entries = (hits.share + np.float32(0.1), (hits.user, hits.item))
    made = sp.csr_matrix(entries, shape=(n_users, n_items), dtype=np.float32)
    made.sum_duplicates()
    return made


def best_of(scores: Floats, k: int) -> Positions:
    """(n, k) places of the largest scores of each row, best first."""
    k = min(k, scores.shape[1])
    near = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, near, 1), axis=1, kind="stable")
    return np.take_along_axis(near, order, 1)


def padded(ids: NDArray[np.integer], k: int) -> Ids:
    """(n, k): cut, or filled up with -1."""
    out = np.full((len(ids), k), -1, np.int32)
    out[:, : ids.shape[1]] = ids[:, :k]
    return out


def first_of(ids: NDArray[np.integer], k: int) -> Ids:
    """(n, k): each row without what it names twice, in the same order."""
    out = np.where(repeated(ids), -1, ids)
    order = np.argsort(out < 0, axis=1, kind="stable")
    return padded(np.take_along_axis(out, order, 1), k)


def merged(sources: Mapping[str, Source], shares: Mapping[str, int], user: Ids) -> Ids:
    """(n, sum of shares) candidates; what a second source names again is dropped.

    `shares` says how many each source may name.
    """
    every = np.concatenate([sources[s](user, k) for s, k in shares.items()], axis=1)
    return np.where(repeated(every), -1, every)
