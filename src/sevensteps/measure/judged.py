"""Metrics of lists that editors judged, with intervals over queries.

Rows come flat, as learning to rank has them. All functions share arguments:

- `scores`, `grades`, `query`: (n,) each, see `ranked`. Grade -1: nobody judged it.
- `empty`: what a query without a relevant document counts: it is left out ("skip"),
  1 ("one"), or 0 ("zero").
- `missing`: what was not judged counts as grade 0 ("zero", as trec_eval does), or is
  taken off the list before it is measured ("condensed": Sakai, SIGIR 2007).
- `relevant`: the lowest grade that counts as relevant, where only that counts.
- `block`: (n,) what the bootstrap redraws, one label for all rows of a query: its
  shopper, say. The query itself when absent.
- `resamples`, `seed`: how often it redraws, and where it begins.

All return the mean over queries with a 95 % bootstrap interval. Two metrics, or two
scores, of the same blocks with the same `resamples` and `seed` can be subtracted: the
difference is paired. For numbers per query see `per_query`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from sevensteps.measure import per_query
from sevensteps.measure.blocks import RESAMPLES
from sevensteps.measure.inputs import Floats, same_length
from sevensteps.measure.interval import Interval
from sevensteps.measure.per_query import Empty, Gain
from sevensteps.measure.ranked import Missing, Ties, ranked
from sevensteps.measure.redraws import redraws


class Sampling(TypedDict, total=False):
    """How an interval is drawn; see the head of the module."""

    block: ArrayLike
    resamples: int
    seed: int


def ndcg(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    k: int | None,
    gain: Gain = "exponential",
    ties: Ties = "order",
    empty: Empty = "skip",
    missing: Missing = "zero",
    **sampling: Unpack[Sampling],
) -> Interval:
    """Normalised discounted cumulative gain: see `per_query.ndcg` for gain and ties.

    >>> score, grade, query = [3, 2, 1, 1, 2], [1, 0, 2, 1, 0], [0, 0, 0, 1, 1]
    >>> ndcg(score, grade, query, k=3).estimate.__round__(4)
    0.6597
    """
    lists = ranked(scores, grades, query).treated(missing)
    each = per_query.ndcg(lists, k=k, gain=gain, ties=ties, empty=empty)
    return _mean(each, query, **sampling)


def precision_at_k(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    k: int,
    relevant: float = 1,
    ties: Ties = "order",
    empty: Empty = "skip",
    missing: Missing = "zero",
    **sampling: Unpack[Sampling],
) -> Interval:
    """Share of the first `k` places that are relevant; an empty place is not."""
    lists = ranked(scores, grades, query).treated(missing)
    each = per_query.precision_at_k(
        lists, k=k, relevant=relevant, ties=ties, empty=empty
    )
    return _mean(each, query, **sampling)


def recall_at_k(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    k: int,
    relevant: float = 1,
    ties: Ties = "order",
    empty: Empty = "skip",
    missing: Missing = "zero",
    **sampling: Unpack[Sampling],
) -> Interval:
    """Share of each query's relevant documents on its first `k` places.

    Rows with a score of minus infinity are those that the list lacks.
    """
    lists = ranked(scores, grades, query).treated(missing)
    each = per_query.recall_at_k(lists, k=k, relevant=relevant, ties=ties, empty=empty)
    return _mean(each, query, **sampling)


def mean_reciprocal_rank(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    k: int | None = None,
    relevant: float = 1,
    empty: Empty = "skip",
    missing: Missing = "zero",
    **sampling: Unpack[Sampling],
) -> Interval:
    """One over the place of the first relevant document, 0 if none is found."""
    lists = ranked(scores, grades, query).treated(missing)
    each = per_query.reciprocal_rank(lists, k=k, relevant=relevant, empty=empty)
    return _mean(each, query, **sampling)


def mean_average_precision(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    relevant: float = 1,
    empty: Empty = "skip",
    missing: Missing = "zero",
    **sampling: Unpack[Sampling],
) -> Interval:
    """Average precision of each query's list, and the mean of that (MAP)."""
    lists = ranked(scores, grades, query).treated(missing)
    each = per_query.average_precision(lists, relevant=relevant, empty=empty)
    return _mean(each, query, **sampling)


def expected_reciprocal_rank(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    highest: float,
    k: int | None = None,
    empty: Empty = "skip",
    missing: Missing = "zero",
    **sampling: Unpack[Sampling],
) -> Interval:
    """One over the place where a user stops, content; `highest` grade of the scale."""
    lists = ranked(scores, grades, query).treated(missing)
    each = per_query.expected_reciprocal_rank(lists, highest=highest, k=k, empty=empty)
    return _mean(each, query, **sampling)


def bpref(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    relevant: float = 1,
    empty: Empty = "skip",
    **sampling: Unpack[Sampling],
) -> Interval:
    """How seldom what was judged irrelevant stands above what is relevant."""
    lists = ranked(scores, grades, query)
    each = per_query.bpref(lists, relevant=relevant, empty=empty)
    return _mean(each, query, **sampling)


def judged_share(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    k: int,
    **sampling: Unpack[Sampling],
) -> Interval:
    """Share of what stands on the first `k` places that somebody judged."""
    each = per_query.judged_share(ranked(scores, grades, query), k=k)
    return _mean(each, query, **sampling)


@dataclass(frozen=True, slots=True)
class Extremes:
    """A metric under two guesses about what nobody judged: all worst, all best."""

    worst: Interval
    best: Interval


def ndcg_extremes(
    scores: ArrayLike,
    grades: ArrayLike,
    query: ArrayLike,
    *,
    highest: float,
    k: int | None,
    gain: Gain = "exponential",
    empty: Empty = "skip",
    **sampling: Unpack[Sampling],
) -> Extremes:
    """NDCG if everything that nobody judged had grade 0, and if it had the `highest`.

    The ideal list is made of the same guess, so these are no bounds: one unjudged
    document above a good one does harm if it is bad, and if all below it is unjudged,
    too, `best` may lie under `worst`. A wide gap says: judge more.

    >>> score, grade, query = [3, 2, 3, 2], [-1, 4, 4, 0], [0, 0, 1, 1]
    >>> ndcg_extremes(score, grade, query, k=2, highest=4)
    Extremes(worst=0.815 [0.631, 1.00], best=1.00 [1.00, 1.00])
    """
    lists = ranked(scores, grades, query)
    if not highest > 0 or lists.grade.max() > highest:
        raise ValueError(f"`highest` must be the scale's best grade, not {highest:g}")
    # A query that gains nothing under one guess is judged by neither.
    some = lists.sums(np.maximum(lists.grade, 0)) > 0
    each = [
        per_query.ndcg(lists.graded(guess), k=k, gain=gain, empty=empty)
        for guess in (0.0, highest)
    ]
    each[1] = np.where(some, each[1], per_query.EMPTY[empty])
    return Extremes(*(_mean(values, query, **sampling) for values in each))


def over_queries(
    values: ArrayLike,
    query: ArrayLike,
    *,
    block: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Mean of numbers per query, and its interval: of a slice, for example.

    Parameters
    ----------
    values : (q,) float       as `per_query` returns them; NaN is left out
    query : (q,) int          the id of each
    block : (q,)              what is redrawn; the query itself when absent

    >>> over_queries([1.0, 0.0, np.nan], query=[4, 5, 9]).estimate
    0.5
    """
    each, ids = np.asarray(values, np.float64), np.asarray(query)
    label = ids if block is None else np.asarray(block)
    same_length(values=each, query=ids, block=label)
    if np.isnan(each).all():
        raise ValueError("no query has a relevant document: nothing can be measured")
    return redraws(label, resamples, seed).mean(each)


def _mean(
    each: Floats,
    query: ArrayLike,
    block: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """`over_queries` with a block per row."""
    ids, first = np.unique(np.asarray(query), return_index=True)
    if block is None:
        return over_queries(each, ids, resamples=resamples, seed=seed)
    label = np.asarray(block)
    same_length(query=np.asarray(query), block=label)
    if (other := label[first][np.searchsorted(ids, query)] != label).any():
        row = int(other.argmax())
        raise ValueError(f"row {row:,} has another `block` than its query's first row")
    own = label[first]
    return over_queries(each, ids, block=own, resamples=resamples, seed=seed)
