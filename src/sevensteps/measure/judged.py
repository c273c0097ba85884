"""Metrics of lists that editors judged, with intervals over queries.

`mean(per_query.ndcg, scores, grades, query, k=10)` is the mean of a metric of
`per_query` with a 95 % bootstrap interval. Two metrics, or two scores, of the same
blocks can be subtracted: the difference is paired.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from sevensteps.measure.bootstrap import Block, block_bootstrap
from sevensteps.measure.inputs import Floats, one_of, same_length
from sevensteps.measure.interval import Interval
from sevensteps.measure.ranked import ranked


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

    Raises
    ------
    ValueError                no query has a relevant document, or a query two blocks

    Examples
    --------
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
