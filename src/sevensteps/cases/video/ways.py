"""Ways to propose items from a log alone: each returns lists with scores.

A way is made from a past and asked about users. Tables of all users by all items are
never held: neighbours are kept in sparse rows, users are asked in chunks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from .logs import Log

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
POOL, CHUNK, DAY = 100, 256, 86_400.0
LEARNERS, LATEST = 60_000, 60  # users, and items of each, that neighbours come from
NEIGHBOURS, DENSE_ITEMS = 150, 3_000
EMPTY = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Found:
    """(n, POOL) items of some users, best first, -1 where there are no more."""

    item: Ids
    score: Floats


Way = Callable[[Ids], Found]
Maker = Callable[[Log], Way]


def asked(past: Log, score: Callable[[Ids], Floats]) -> Way:
    """A way from a function that scores every item, for few users at a time."""
    had = past.matrix()

    def way(user: Ids) -> Found:
        parts = []
        for first in range(0, len(user), CHUNK):
            some = user[first : first + CHUNK]
            told = np.array(score(some), np.float32)
            old = had[some].tocoo()
            told[old.row, old.col] = EMPTY
            parts.append(_best(told))
        return Found(*(np.concatenate(p) for p in zip(*parts, strict=True)))

    return way


def _best(score: Floats) -> tuple[Ids, Floats]:
    """The POOL largest scores of each row, those above EMPTY."""
    k = min(POOL, score.shape[1])
    near = np.argpartition(-score, k - 1, axis=1)[:, :k]
    told = np.take_along_axis(score, near, 1)
    order = np.lexsort((near, -told))
    near, told = np.take_along_axis(near, order, 1), np.take_along_axis(told, order, 1)
    item = np.full((len(score), POOL), -1, np.int32)
    out = np.full((len(score), POOL), EMPTY, np.float32)
    item[:, :k] = np.where(told > 0, near, -1)
    out[:, :k] = np.where(told > 0, told, EMPTY)
    return item, out


def popularity(half_life_days: float) -> Maker:
    """How often an item was taken, each time worth half as much after so many days."""

    def maker(past: Log) -> Way:
        age = (past.seconds[-1] - past.seconds) / DAY
        weight = 0.5 ** (age / half_life_days)
        told = np.bincount(past.item, weight, past.n_items).astype(np.float32)
        return asked(past, lambda user: np.tile(told, (len(user), 1)))

    return maker


def item_to_item(shrink: float, lean: float, half_life_days: float = 1e6) -> Maker:
    """Nearness to what a user had: co-occurrence over powers of how often each.

    What a user had long ago counts less, by `half_life_days`.
    """

    def maker(past: Log) -> Way:
        near = neighbours(past, shrink, lean)
        held = _aged(past, half_life_days)
        return asked(past, lambda user: (held[user] @ near).toarray())

    return maker


def neighbours(past: Log, shrink: float, lean: float) -> sp.csr_matrix:
    """(items, items) with the NEIGHBOURS nearest in each row."""
    held = _recent(past).matrix()
    often = np.asarray(held.sum(axis=0)).ravel()
    columns, step, rows = held.tocsc(), 1_000, []
    scale = np.maximum(often, 1) ** (1 - lean)
    for first in range(0, past.n_items, step):
        both = (columns[:, first : first + step].T @ held).tocoo()
        own = both.row + first
        keep = own != both.col
        below = np.maximum(often[own[keep]], 1) ** lean * scale[both.col[keep]]
        told = both.data[keep] / (below + shrink)
        shape = (min(step, past.n_items - first), past.n_items)
        made = sp.csr_matrix((told, (both.row[keep], both.col[keep])), shape=shape)
        rows.append(_thinned(made))
    return sp.vstack(rows).tocsr().astype(np.float32)


def following(window: int = 3) -> Maker:
    """What was taken soon after each of the latest items, by anybody."""

    def maker(past: Log) -> Way:
        near = _followers(past, window)
        last = _latest(past, 5)
        return asked(past, lambda user: (last[user] @ near).toarray())

    return maker


def _followers(past: Log, window: int) -> sp.csr_matrix:
    """(items, items) of how often one came within `window` steps after another."""
    order = np.lexsort((past.seconds, past.user))
    user, item = past.user[order], past.item[order]
    parts = []
    for step in range(1, window + 1):
        same = user[step:] == user[:-step]
        a, b = item[:-step][same], item[step:][same]
        parts.append((a, b, np.full(len(a), 1 / step, np.float32)))
    a, b, n = (np.concatenate(p) for p in zip(*parts, strict=True))
    shape = (past.n_items, past.n_items)
    made = sp.csr_matrix((n, (a, b)), shape=shape)
    often = np.bincount(past.item, minlength=past.n_items)
    scaled = sp.diags(1 / np.maximum(often, 1) ** 0.5) @ made
    scaled = scaled @ sp.diags(1 / (often + 5.0) ** 0.5)
    return _thinned(scaled.tocsr())


def _latest(past: Log, n: int) -> sp.csr_matrix:
    """(users, items) of each user's `n` latest items, the newer the heavier."""
    rank = _places_from_end(past)
    some = rank < n
    weight = (0.7 ** rank[some]).astype(np.float32)
    entries = (weight, (past.user[some], past.item[some]))
    return sp.csr_matrix(entries, shape=(past.n_users, past.n_items))


def _places_from_end(past: Log) -> NDArray[np.intp]:
    """(rows,) 0 for each user's latest row, 1 for the one before, ..."""
    order = np.lexsort((-past.seconds, past.user))
    user = past.user[order]
    rank = np.empty(len(past), np.intp)
    rank[order] = np.arange(len(user)) - np.searchsorted(user, user)
    return rank


def _recent(past: Log) -> Log:
    """The latest rows of some users: what neighbours are counted from."""
    keep = _places_from_end(past) < LATEST
    n = past.n_users
    if n > LEARNERS:
        some = np.zeros(n, bool)
        some[np.random.default_rng(16).permutation(n)[:LEARNERS]] = True
        keep &= some[past.user]
    return past.rows(keep)


def _aged(past: Log, half_life_days: float) -> sp.csr_matrix:
    age = (past.seconds[-1] - past.seconds) / DAY
    weight = (0.5 ** (age / half_life_days)).astype(np.float32)
    entries = (np.maximum(weight, 1e-6), (past.user, past.item))
    return sp.csr_matrix(entries, shape=(past.n_users, past.n_items))


def _thinned(near: sp.csr_matrix) -> sp.csr_matrix:
    """Only the NEIGHBOURS largest entries of each row."""
    made = near.tocoo()
    order = np.lexsort((made.col, -made.data, made.row))
    row, col, data = made.row[order], made.col[order], made.data[order]
    top = np.arange(len(row)) - np.searchsorted(row, row) < NEIGHBOURS
    return sp.csr_matrix((data[top], (row[top], col[top])), shape=near.shape)


def factors(width: int, weight: float, ridge: float) -> Maker:
    """Matrix factorisation by alternating least squares (Hu et al., 2008)."""

    def maker(past: Log) -> Way:
        with warnings.catch_warnings():  # it asks for a notebook's progress bar
            warnings.simplefilter("ignore")
            from implicit.cpu.als import AlternatingLeastSquares

        with threadpool_limits(1, "blas"):  # as it asks for
            model = AlternatingLeastSquares(
                factors=width,
                alpha=weight,
                regularization=ridge,
                iterations=12,
                random_state=0,
                num_threads=1,
            )
            model.fit(past.matrix(), show_progress=False)
        return asked(past, lambda u: model.user_factors[u] @ model.item_factors.T + 1)

    return maker


def linear(ridge: float) -> Maker:
    """Each item from all others by least squares, in closed form (Steck, 2019).

    Among the DENSE_ITEMS items that were taken most.
    """

    def maker(past: Log) -> Way:
        held = past.matrix()
        often = np.asarray(held.sum(axis=0)).ravel()
        top = np.sort(np.argsort(-often, kind="stable")[:DENSE_ITEMS])
        part = held[:, top]
        gram = (part.T @ part).toarray().astype(np.float64)
        gram[np.diag_indices(len(top))] += ridge
        inverse = np.linalg.inv(gram)
        weight = -inverse / np.diag(inverse)
        np.fill_diagonal(weight, 0)
        weight = weight.astype(np.float32)

        def score(user: Ids) -> Floats:
            told = np.full((len(user), past.n_items), EMPTY, np.float32)
            told[:, top] = part[user] @ weight + 1
            return told

        return asked(past, score)

    return maker


Grid = tuple[Callable[..., Maker], tuple[tuple[float, ...], ...]]
GRIDS: Mapping[str, Grid] = {
    "popularity": (popularity, ((0.5, 1, 3, 7, 14, 30, 90, 365, 10_000),)),
    "item to item": (item_to_item, ((0, 20), (0.3, 0.5, 0.7), (14, 180, 1e6))),
    "factors": (factors, ((16, 64), (1, 10), (1, 30))),
    "linear": (linear, ((30, 200, 1_000),)),
    "following": (following, ((1, 3),)),
}
