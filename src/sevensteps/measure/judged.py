"""How good lists are, with intervals: what they find, in which order, how alike.

Of lists that editors judged, `mean(per_query.ndcg, scores, grades, query, k=10)` is the
mean of a metric of `per_query`, and queries are drawn again. Other lists are tables of
ids, best first; -1 fills a row up. There people are drawn again: give each row a block
(its user's id modulo a hundred will do). Two metrics of the same blocks can be
subtracted: the difference is paired.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .bootstrap import Block, Interval, block_bootstrap, ratio
from .inputs import Floats, at_least, one_of, same_length
from .per_query import discount, ranked


def mean(
    metric: Callable[..., Floats],
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    missing: Literal["zero", "condensed"] = "zero",
    block: ArrayLike | None = None,
    **options: Any,
) -> Interval:
    """Mean of a metric over queries, from flat rows as learning to rank has them.

    Parameters
    ----------
    metric : function         of `per_query`, e.g. `per_query.ndcg`
    scores, grades, query : (n,)   see `ranked`
    missing : what was not judged counts as grade 0 ("zero", as trec_eval does), or is
        taken off the list before it is measured ("condensed": Sakai, SIGIR 2007)
    block : (n,)              what the bootstrap draws again, one label for all rows of
        a query: its shopper, say. The query itself when absent
    options                   passed to the metric

    Raises a ValueError if no query has a relevant document, or a query two blocks.

    >>> from sevensteps.measure import per_query
    >>> score, grade, query = [3, 2, 1, 1, 2], [1, 0, 2, 1, 0], [0, 0, 0, 1, 1]
    >>> mean(per_query.ndcg, score, grade, query, k=3).estimate.__round__(4)
    0.6597
    """
    one_of("missing", missing, ("zero", "condensed"))
    lists = ranked(scores, grades, query)
    lists = lists.condensed() if missing == "condensed" else lists
    own = None if block is None else _of_queries(np.asarray(block), query)
    return over_queries(metric(lists, **options), lists.query, block=own)


def over_queries(
    values: ArrayLike, query: ArrayLike, *, block: Block | None = None
) -> Interval:
    """Mean of numbers per query, and its interval: of a slice, for example.

    Parameters
    ----------
    values : (q,) float       as `per_query` returns them; NaN is left out
    query : (q,) int          the id of each
    block : (q,)              what is drawn again; the query itself when absent

    >>> over_queries([1.0, 0.0, np.nan], query=[4, 5, 9]).estimate
    0.5
    """
    each, ids = np.asarray(values, np.float64), np.asarray(query)
    if np.isnan(each).all():
        raise ValueError("no query has a relevant document: nothing can be measured")
    blocks = block_bootstrap(ids if block is None else block)
    same_length(values=each, query=ids, block=blocks.code)
    return blocks.mean(each)


def _of_queries(label: np.ndarray[Any, Any], query: ArrayLike) -> ArrayLike:
    """(q,) the block of each query, in the order of their ids."""
    _, first, code = np.unique(
        np.asarray(query), return_index=True, return_inverse=True
    )
    same_length(query=code, block=label)
    if (other := label[first][code] != label).any():
        row = int(other.argmax())
        raise ValueError(f"row {row:,} has another `block` than its query's first row")
    return np.asarray(label[first])


def found_in(lists: ArrayLike, row: ArrayLike, item: ArrayLike) -> NDArray[np.bool_]:
    """(m,) whether each item is on the list of its row; see `recall_at_k`."""
    every, r, i = np.asarray(lists), np.asarray(row), np.asarray(item)
    same_length(row=r, item=i)
    if every.ndim != 2:
        raise ValueError(f"`lists` must be a table of ids, not of shape {every.shape}")
    if len(r) and (r.min() < 0 or r.max() >= len(every)):
        raise ValueError(f"`row` must name one of the {len(every):,} lists")
    if len(i) and i.min() < 0:
        raise ValueError("`item` must not be negative: -1 is an empty place")
    at, _ = np.nonzero(every >= 0)
    code, names = pd.factorize(np.concatenate([every[every >= 0], i]))
    pair = np.concatenate([at, r]).astype(np.int64) * len(names) + code
    return np.isin(pair[len(at) :], pair[: len(at)])


def recall_at_k(
    lists: ArrayLike, row: ArrayLike, item: ArrayLike, block: Block
) -> Interval:
    """Share of all that was wanted which is on its list of `k`.

    Parameters
    ----------
    lists : (n, k) int        ids, -1 for an empty place
    row, item : (m,) int      the list that should hold it, and what it should hold
    block : (n,) int          of each *list*, e.g. the user's id modulo a hundred

    Raises a ValueError for a row that is not there, or an item below zero.

    >>> lists, row, item = [[3, 5], [7, 9]], [0, 0, 1], [5, 7, 7]
    >>> recall_at_k(lists, row, item, block=[0, 1]).estimate.__round__(3)
    0.667
    """
    hit = found_in(lists, row, item)
    every, at, blocks = np.asarray(lists), np.asarray(row), block_bootstrap(block)
    same_length(lists=every, block=blocks.code)
    got, wanted = (np.bincount(x, minlength=len(every)) for x in (at[hit], at))
    return blocks.interval(ratio(blocks.total(got), blocks.total(wanted)))


def ndcg_at_k(
    gains: ArrayLike, block: Block, *, k: int, ideal: ArrayLike | None = None
) -> Interval:
    """Mean normalised discounted cumulative gain of the first `k` places.

    The gain is taken as it is and divided by the logarithm of its place. Lists on which
    nothing could be gained are left out. The order is that of the columns: ties are the
    caller's.

    Parameters
    ----------
    gains : (n, m) float      gain of each place, in the order shown; not negative
    block : (n,) int          of each list
    ideal : (n, j) float      all gains that could be had; those of the list when absent

    >>> ndcg_at_k([[0, 1], [1, 0]], block=[0, 1], k=2).estimate.__round__(3)
    0.815

    Source: Järvelin and Kekäläinen, ACM TOIS 20 (2002).
    """
    at_least("k", k, 1)
    shown, blocks = _gains("gains", gains), block_bootstrap(block)
    best = shown if ideal is None else _gains("ideal", ideal)
    same_length(gains=shown, block=blocks.code, ideal=best)
    most = _discounted(-np.sort(-best, axis=1), k)
    got = _discounted(shown, k)
    some = most > 0
    if (got[some] > most[some] * (1 + 1e-9)).any():
        raise ValueError(
            "`ideal` must hold all gains: a list gained more than its best"
        )
    return blocks.mean(np.where(some, got / np.where(some, most, 1), np.nan))


def _gains(name: str, values: ArrayLike) -> Floats:
    told = np.asarray(values, np.float64)
    if told.ndim != 2:
        raise ValueError(f"`{name}` must be a table of gains, not of {told.shape}")
    if not np.isfinite(told).all() or (told < 0).any():
        raise ValueError(f"`{name}` must be finite and not negative")
    return told


def _discounted(gains: Floats, k: int) -> Floats:
    """(n,) sums of gains by the logarithm of their place."""
    first = gains[:, :k]
    return np.asarray(first @ discount(np.arange(first.shape[1])))


def coverage(lists: ArrayLike, n_items: int) -> float:
    """Share of a catalogue that is on at least one list.

    >>> coverage([[0, 1], [1, -1]], n_items=4)
    0.5
    """
    at_least("n_items", n_items, 1)
    every = np.asarray(lists)
    return len(np.unique(every[every >= 0])) / n_items
