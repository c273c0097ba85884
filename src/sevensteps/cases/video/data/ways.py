"""Ways to propose items from a log alone.

Each maker takes a setting and gives a way once it is told a past. What only depends on
the past is kept while settings are tried. Sizes are bounded: neighbours and factors
come from at most `LEARNERS` users, least squares from the `DENSE_ITEMS` items that
were taken most.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from .asking import POOL, Floats, Ids, Way, thinned
from .logs import Log, held

DAY = 86_400.0
LEARNERS, LATEST = 60_000, 60  # users, and items of each, that neighbours come from
NEIGHBOURS, DENSE_ITEMS, FACTOR_ITEMS = 150, 3_000, 30_000
Maker = Callable[[Log], Way]


def popularity(half_life_days: float) -> Maker:
    """How often an item was taken, each time worth half as much after so many days."""

    def maker(past: Log) -> Way:
        age = (past.seconds[-1] - past.seconds) / DAY
        weight = np.maximum(0.5 ** (age / half_life_days), 1e-30)
        told = np.bincount(past.item, weight, past.n_items).astype(np.float32)
        most = int(np.diff(held(past).indptr).max())  # somebody had so many
        columns = _largest(told, POOL + most)
        return Way(past, lambda user: np.tile(told[columns], (len(user), 1)), columns)

    return maker


def item_to_item(shrink: float, lean: float, half_life_days: float = 1e6) -> Maker:
    """Nearness to what a user had: co-occurrence over powers of how often each.

    What a user had long ago counts less, by `half_life_days`.
    """

    def maker(past: Log) -> Way:
        near = neighbours(past, shrink, lean)
        mine = _aged(past, half_life_days)
        return Way(past, lambda user: (mine[user] @ near).tocsr())

    return maker


@lru_cache(maxsize=4)
def neighbours(past: Log, shrink: float, lean: float) -> sp.csr_matrix:
    """(items, items) with the NEIGHBOURS nearest in each row."""
    table = held(_recent(past))
    often = np.asarray(table.sum(axis=0)).ravel()
    columns, step, rows = table.tocsc(), 2_000, []
    scale = np.maximum(often, 1) ** (1 - lean)
    for first in range(0, past.n_items, step):
        both = (columns[:, first : first + step].T @ table).tocsr()
        own = first + np.repeat(np.arange(both.shape[0]), np.diff(both.indptr))
        below = np.maximum(often[own], 1) ** lean * scale[both.indices]
        both.data = both.data / (below + shrink).astype(np.float32)
        both.data[own == both.indices] = 0
        both.eliminate_zeros()
        rows.append(thinned(both, NEIGHBOURS))
    return sp.vstack(rows).tocsr().astype(np.float32)


def following(window: int = 3) -> Maker:
    """What was taken soon after each of the latest items, by anybody."""

    def maker(past: Log) -> Way:
        near = _followers(past, window)
        last = _latest(past, 5)
        return Way(past, lambda user: (last[user] @ near).tocsr())

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
    return thinned(scaled.tocsr().astype(np.float32), NEIGHBOURS)


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


@lru_cache(maxsize=2)
def _recent(past: Log) -> Log:
    """The latest rows of some users: what neighbours are counted from."""
    keep = _places_from_end(past) < LATEST
    return past.rows(keep & _learner(past)[past.user])


def _learner(past: Log) -> NDArray[np.bool_]:
    """(users,) whether tables of items are learned from them: all, or a draw."""
    some = np.zeros(past.n_users, bool)
    known = np.unique(past.user)
    some[np.random.default_rng(16).permutation(known)[:LEARNERS]] = True
    return some


def _aged(past: Log, half_life_days: float) -> sp.csr_matrix:
    age = (past.seconds[-1] - past.seconds) / DAY
    weight = (0.5 ** (age / half_life_days)).astype(np.float32)
    entries = (np.maximum(weight, 1e-6), (past.user, past.item))
    return sp.csr_matrix(entries, shape=(past.n_users, past.n_items))


def _largest(value: NDArray[Any], n: int) -> Ids:
    """Places of the `n` largest, ascending."""
    some = np.argsort(-value, kind="stable")[:n]
    return np.sort(some).astype(np.int32)


def _most_taken(past: Log, n: int) -> Ids:
    return _largest(np.bincount(past.item, minlength=past.n_items), n)


def factors(width: int, weight: float, ridge: float) -> Maker:
    """Matrix factorisation by alternating least squares (Hu et al., 2008).

    Items are learned from LEARNERS users; any user is then folded in. It proposes among
    the FACTOR_ITEMS items that were taken most.
    """

    def maker(past: Log) -> Way:
        with warnings.catch_warnings():  # it asks for a notebook's progress bar
            warnings.simplefilter("ignore")
            from implicit.cpu.als import AlternatingLeastSquares

        every = held(past)
        with threadpool_limits(1, "blas"):  # as it asks for
            model = AlternatingLeastSquares(
                factors=width,
                alpha=weight,
                regularization=ridge,
                iterations=12,
                random_state=0,
                num_threads=1,
            )
            model.fit(every[np.flatnonzero(_learner(past))], show_progress=False)
        columns = _most_taken(past, FACTOR_ITEMS)
        items = model.item_factors[columns]

        def score(user: Ids) -> Floats:
            with threadpool_limits(1, "blas"):
                mine = model.recalculate_user(user, every[user])
            told: Floats = mine @ items.T + 1
            return told

        return Way(past, score, columns)

    return maker


def linear(ridge: float) -> Maker:
    """Each item from all others by least squares, in closed form (Steck, 2019).

    Among the DENSE_ITEMS items that were taken most.
    """

    def maker(past: Log) -> Way:
        every = held(past)
        columns = _most_taken(past, DENSE_ITEMS)
        part = every[:, columns]
        gram = _gram(past, DENSE_ITEMS).copy()
        gram[np.diag_indices(len(columns))] += ridge
        inverse = np.linalg.inv(gram)
        weight = -inverse / np.diag(inverse)
        np.fill_diagonal(weight, 0)
        weight = weight.astype(np.float32)
        return Way(past, lambda user: part[user] @ weight + 1, columns)

    return maker


@lru_cache(maxsize=1)
def _gram(past: Log, n: int) -> NDArray[np.float64]:
    """(n, n) how many users had both, of the `n` items that were taken most."""
    part = held(past)[:, _most_taken(past, n)]
    return np.asarray((part.T @ part).toarray(), np.float64)


Grid = tuple[Callable[..., Maker], tuple[tuple[float, ...], ...]]
GRIDS: Mapping[str, Grid] = {
    "popularity": (popularity, ((0.5, 1, 3, 7, 14, 30, 90, 365, 10_000),)),
    "item to item": (item_to_item, ((0, 20), (0.3, 0.5, 0.7), (14, 180, 1e6))),
    "factors": (factors, ((16, 64), (1, 10), (1, 30))),
    "linear": (linear, ((30, 200, 1_000),)),
    "following": (following, ((1, 3),)),
}
