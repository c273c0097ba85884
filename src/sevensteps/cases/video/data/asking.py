"""How a way of proposing is asked: for the best items of users, or about given pairs.

A table of all users by all items is never held: users are asked a few at a time, and
a way either scores few items densely or all of them in sparse rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .logs import Log, held

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
POOL, CHUNK = 100, 256


@dataclass(frozen=True, slots=True)
class Found:
    """(n, POOL) items of some users, best first, -1 where there are no more."""

    item: Ids
    score: Floats


@dataclass(frozen=True, slots=True)
class Way:
    """Scores of items for users, from one past.

    Attributes
    ----------
    past : Log
    score : (n,) users -> (n, columns) float32, dense, or (n, items) sparse; more than
        nothing where an item is proposed
    columns : items that a dense table is about, ascending; the way knows no others
    """

    past: Log
    score: Callable[[Ids], Floats | sp.csr_matrix]
    columns: Ids | None = None

    def best(self, user: Ids) -> Found:
        """What each would be shown first, without what they had."""
        had = held(self.past)
        item = np.full((len(user), POOL), -1, np.int32)
        score = np.zeros((len(user), POOL), np.float32)
        for first, told in self._chunks(user):
            old = had[user[first : first + CHUNK]]
            if self.columns is None:
                rows = _sparse_rows(told, old)
            else:
                rows = _dense_rows(told, old[:, self.columns], self.columns)
            for place, (ids, value) in enumerate(rows, start=first):
                top = best_of(ids, value, POOL)
                item[place, : len(top)], score[place, : len(top)] = ids[top], value[top]
        return Found(item, score)

    def of(self, user: Ids, row: NDArray[np.intp], item: Ids) -> Floats:
        """(m,) scores of items for `user[row]`, rows ascending; nan if unknown."""
        out = np.empty(len(row), np.float32)
        for first, told in self._chunks(user):
            a, b = np.searchsorted(row, [first, first + CHUNK])
            at, asked = row[a:b] - first, item[a:b]
            if self.columns is None:
                out[a:b] = np.asarray(told[at, asked]).ravel()
                continue
            place = np.minimum(
                np.searchsorted(self.columns, asked), len(self.columns) - 1
            )
            known = self.columns[place] == asked
            out[a:b] = np.where(known, told[at, place], np.nan)
        return out

    def _chunks(self, user: Ids) -> Iterator[tuple[int, Floats | sp.csr_matrix]]:
        for first in range(0, len(user), CHUNK):
            yield first, self.score(user[first : first + CHUNK])


def best_of(ids: Ids, score: Floats, n: int) -> NDArray[np.intp]:
    """Places of the `n` highest scores, best first; of equals the smaller id."""
    some = np.arange(len(ids))
    if len(ids) > n:  # all that tie with the last are kept until ids decide
        some = np.flatnonzero(score >= np.partition(score, len(ids) - n)[len(ids) - n])
    return some[np.lexsort((ids[some], -score[some]))][:n]


def thinned(table: sp.csr_matrix, n: int) -> sp.csr_matrix:
    """Only the `n` largest entries of each row."""
    parts = [
        a + best_of(table.indices[a:b], table.data[a:b], n)
        for a, b in pairwise(table.indptr)
    ]
    keep = np.concatenate(parts) if parts else np.empty(0, np.intp)
    ends = np.cumsum([0, *map(len, parts)])
    return sp.csr_matrix(
        (table.data[keep], table.indices[keep], ends), shape=table.shape
    )


def _sparse_rows(
    told: sp.csr_matrix, old: sp.csr_matrix
) -> Iterator[tuple[Ids, Floats]]:
    for (a, b), (c, d) in zip(pairwise(told.indptr), pairwise(old.indptr), strict=True):
        ids = told.indices[a:b]
        new = ~np.isin(ids, old.indices[c:d])
        yield ids[new], told.data[a:b][new]


def _dense_rows(
    told: Floats, old: sp.csr_matrix, columns: Ids
) -> Iterator[tuple[Ids, Floats]]:
    told = np.array(told)
    gone = old.tocoo()
    told[gone.row, gone.col] = 0
    for scores in told:
        new = np.flatnonzero(scores > 0)
        yield columns[new], scores[new]
