"""Several ranked lists become one: by ranks, by scores, or by a mix that is learned.

A list is a row of ids, best first; -1 fills it up. Sources that disagree find what
each alone would miss; the question is only who is believed by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression

from .mlp import Floats
from .towers import Ids

DAMPING = 60  # of ranks in the reciprocal sum; the value of the original paper


@dataclass(frozen=True, slots=True)
class Pool:
    """All that any source found for each query, once, in order of row and id.

    Attributes
    ----------
    row, item : (n,) of the query, and the id
    rank : (n, sources) int32       from 0; -1 where a source did not find it
    score : (n, sources) float32    NaN likewise, or where a source gave none
    n_rows : queries
    """

    row: Ids
    item: Ids
    rank: Ids
    score: Floats
    n_rows: int

    @classmethod
    def of(
        cls, lists: Sequence[ArrayLike], scores: Sequence[ArrayLike] | None = None
    ) -> Pool:
        """From (n, k) lists, one a source, and scores of their shapes.

        Raises
        ------
        ValueError            shapes that do not match, or an id twice on one list
        """
        every = _tables(lists, scores)
        n, wide = len(every[0]), max(int(ids.max(initial=0)) for ids in every) + 1
        keys = [(np.arange(n)[:, None] * wide + ids)[ids >= 0] for ids in every]
        pool = np.unique(np.concatenate(keys))
        rank = np.full((len(pool), len(every)), -1, np.int32)
        score = np.full(rank.shape, np.nan, np.float32)
        for source, (ids, key) in enumerate(zip(every, keys, strict=True)):
            at, place = np.searchsorted(pool, key), np.nonzero(ids >= 0)
            if len(np.unique(at)) < len(at):
                raise ValueError(f"an id stands twice on one list of source {source}")
            rank[at, source] = place[1]
            if scores is not None:
                score[at, source] = np.asarray(scores[source])[place]
        row, item = np.divmod(pool, wide)
        return cls(row.astype(np.int32), item.astype(np.int32), rank, score, n)

    def best(self, value: ArrayLike, k: int) -> tuple[Ids, Floats]:
        """(n_rows, k) ids by falling value, and the values; ties by smaller id."""
        told = np.asarray(value, np.float64)
        order = np.lexsort((self.item, -told, self.row))
        start = np.searchsorted(self.row[order], np.arange(self.n_rows + 1))
        place = np.arange(len(order)) - np.repeat(start[:-1], np.diff(start))
        kept = place < k
        at = self.row[order[kept]], place[kept]
        ids = np.full((self.n_rows, k), -1, np.int32)
        values = np.full((self.n_rows, k), -np.inf, np.float32)
        ids[at], values[at] = self.item[order[kept]], told[order[kept]]
        return ids, values


def _tables(
    lists: Sequence[ArrayLike], scores: Sequence[ArrayLike] | None
) -> list[NDArray[np.int64]]:
    every = [np.asarray(ids, np.int64) for ids in lists]
    if not every or any(ids.ndim != 2 for ids in every):
        raise ValueError("give at least one table of ids, a row for each query")
    if len({len(ids) for ids in every}) > 1:
        raise ValueError("every source needs a row for each query")
    shapes = [ids.shape for ids in every]
    if scores is not None and [np.shape(s) for s in scores] != shapes:
        raise ValueError("scores must have the shapes of their lists")
    return every


def reciprocal_ranks(lists: Sequence[ArrayLike], k: int) -> tuple[Ids, Floats]:
    """The `k` best by the sum of 1 / (60 + rank) over sources, ranks from one.

    Parameters
    ----------
    lists : sources of (n, any) int, -1 for an empty place

    Returns
    -------
    ids, values               (n, k); -1 and -inf where nothing is left

    Examples
    --------
    >>> ids, _ = reciprocal_ranks([[[7, 8, 9]], [[8, 5, -1]]], 3)
    >>> ids.tolist()
    [[8, 7, 5]]

    Source: Cormack, Clarke and Büttcher, SIGIR (2009).
    """
    pool = Pool.of(lists)
    part = np.where(pool.rank >= 0, 1 / (DAMPING + 1.0 + pool.rank), 0)
    return pool.best(part.sum(axis=1), k)


def _stretched(pool: Pool) -> NDArray[np.float64]:
    """(n, sources) scores from 0, the worst of its list or not found, to 1."""
    found = pool.rank >= 0
    least = np.full((pool.n_rows, pool.rank.shape[1]), np.inf)
    most = -least
    np.minimum.at(least, pool.row, np.where(found, pool.score, np.inf))
    np.maximum.at(most, pool.row, np.where(found, pool.score, -np.inf))
    low, span = least[pool.row], (most - least)[pool.row]
    with np.errstate(invalid="ignore"):
        stretched = (pool.score - low) / np.where(span > 0, span, 1)
    # A list whose scores are all equal says only that it found them.
    return np.where(found, np.where(span > 0, stretched, 1), 0)


@dataclass(frozen=True, slots=True)
class Mix:
    """Logistic regression on what each source tells, learned from judged pairs."""

    model: LogisticRegression

    @classmethod
    def fit(cls, pool: Pool, relevant: ArrayLike) -> Mix:
        """From a pool, and whether each of its pairs is relevant: (n,) bool."""
        wanted = np.asarray(relevant, bool)
        if wanted.shape != pool.row.shape:
            raise ValueError(f"judge each of the {len(pool.row):,} pairs of the pool")
        if wanted.all() or not wanted.any():
            raise ValueError("a mix needs relevant pairs and others")
        return cls(LogisticRegression(max_iter=1_000).fit(_clues(pool), wanted))

    def __call__(self, pool: Pool, k: int) -> tuple[Ids, Floats]:
        """(rows, k) ids by falling log-odds, and these."""
        return pool.best(self.model.decision_function(_clues(pool)), k)


def _clues(pool: Pool) -> NDArray[np.float64]:
    """Per source: found or not, how high, and by which score (raw and stretched)."""
    found = pool.rank >= 0
    high = np.where(found, 1 / np.log2(pool.rank + 2.0 + ~found), 0)
    told = np.nan_to_num(np.where(found, pool.score, 0))
    return np.hstack([found, high, told, np.nan_to_num(_stretched(pool))])
