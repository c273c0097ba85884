"""Metrics of judged lists, one number per query: for slices, and for pairing.

Rows are sorted into lists once and measured many times. Every metric takes `Ranked`
lists and returns (q,) numbers in the order of their `query`; NaN marks a query that is
left out, since nothing on it is relevant. What was not judged counts as grade 0, unless
the lists were condensed before. A document counts as relevant from the grade `relevant`
on. Equal scores stand in the order of the rows (ties="order", as LightGBM has it), or
count as the mean over all their orders ("average", as scikit-learn's). `judged` puts
intervals around the means of all these.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .inputs import Bools, Floats, Ints, at_least, numbers, one_of, same_length

UNJUDGED = -1.0  # the grade of what no editor has looked at
MOST = 1_000_000  # as a grade: beyond it somebody has confused the columns

Ties = Literal["order", "average"]


@dataclass(frozen=True, slots=True)
class TieGroups:
    """Runs of rows that stand in one place of the order."""

    code: Ints  # (n,) group of each row, from 0
    start: Ints  # start, size: (g,) first row of each group, and how many there are
    size: Ints

    def sums(self, values: ArrayLike) -> Floats:
        """(g,) sums of (n,) values over each group."""
        return np.add.reduceat(np.asarray(values, np.float64), self.start)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows in the order of their lists: query by query, best score first."""

    #: (q,) ids, ascending; what is measured per query has this order
    query: NDArray[np.integer[Any]]
    start: Ints  # (q + 1,) where each query's rows begin
    code: Ints  # (n,) index of its query
    place: Ints  # (n,) on its list, from 0
    shown: Bools  # (n,) on its list at all: its score is not minus infinity
    grade: Floats  # (n,) -1 where it was not judged
    score: Floats  # (n,)

    @classmethod
    def of(
        cls, query: NDArray[np.integer[Any]], code: Ints, score: Floats, grade: Floats
    ) -> Self:
        """From rows that are in order."""
        count = np.bincount(code, minlength=len(query))
        start = np.concatenate([[0], np.cumsum(count)])
        place = np.arange(len(code)) - start[code]
        return cls(query, start, code, place, score > -np.inf, grade, score)

    def sums(self, values: ArrayLike) -> Floats:
        """(q,) sums of (n,) values over each query's rows."""
        n = len(self.query)
        told = np.asarray(values, np.float64)
        return np.bincount(self.code, told, minlength=n).astype(np.float64)

    def condensed(self) -> Self:
        """The lists without what was not judged; all queries stay."""
        kept = self.grade != UNJUDGED
        return type(self).of(
            self.query, self.code[kept], self.score[kept], self.grade[kept]
        )

    def tie_groups(self, ties: Ties) -> TieGroups:
        """Rows whose order means nothing: of one query and score, or each by itself."""
        one_of("ties", ties, ("order", "average"))
        new = np.ones(len(self.score), dtype=bool)
        if ties == "average":
            other = self.score[1:] != self.score[:-1]
            new[1:] = (np.diff(self.code) != 0) | other
        start = np.flatnonzero(new)
        size = np.diff(start, append=len(new))
        return TieGroups(np.repeat(np.arange(len(start)), size), start, size)


def ranked(scores: ArrayLike, grades: ArrayLike, query: ArrayLike) -> Ranked:
    """Sort judged rows into lists.

    Parameters
    ----------
    scores : (n,) float       higher comes first; equal ones stay in the order of the
                              rows. Minus infinity: judged, but not on the list at all,
                              as a relevant document that retrieval missed
    grades : (n,) float       relevance, 0 and up; -1 where nobody judged it
    query : (n,) int          id of each row's query; its rows need not be adjacent

    Raises a ValueError for NaN, a negative grade but -1, or lengths that differ.

    >>> ranked([0.1, 0.9, 0.5], grades=[0, 2, 1], query=[7, 7, 8]).grade
    array([2., 0., 1.])
    """
    score = numbers("scores", scores, infinite=True)
    grade, ids = numbers("grades", grades), np.asarray(query)
    if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(
            f"`query` must be one column of whole numbers, not {ids.dtype} of shape "
            f"{ids.shape}: number the queries with pandas.factorize"
        )
    same_length(scores=score, grades=grade, query=ids)
    wrong = ((grade < 0) & (grade != UNJUDGED)) | (grade > MOST)
    if wrong.any():
        raise ValueError(
            f"`grades` must be 0 and up, or -1 where nobody judged; row "
            f"{int(wrong.argmax()):,} has {grade[wrong.argmax()]:g}"
        )
    code, names = pd.factorize(ids, sort=True)
    row = np.lexsort((-score, code))
    return Ranked.of(names, code[row].astype(np.intp), score[row], grade[row])


def discount(place: Ints) -> Floats:
    """What a place, from 0, counts in a cumulated gain: one over log2 of place + 2."""
    return np.asarray(1 / np.log2(place + 2))


Empty = Literal["skip", "one", "zero"]
HIGHEST = 50  # 2**grade - 1 is exact in a float, and so are sums of many
EMPTY = {"skip": np.nan, "one": 1.0, "zero": 0.0}


def ndcg(
    lists: Ranked, *, k: int, ties: Ties = "order", empty: Empty = "skip"
) -> Floats:
    """Discounted cumulative gain of the first `k` places over the best that there is.

    A document gains 2**grade - 1.

    `empty` is what a query without any gain counts: nothing ("skip"), 1 as in LightGBM
    ("one"), 0 as in trec_eval ("zero").

    Sources: Järvelin and Kekäläinen, ACM TOIS 20 (2002); Burges et al., ICML (2005);
    ties: McSherry and Najork, ECIR (2008).
    """
    at_least("k", k, 1)
    one_of("empty", empty, tuple(EMPTY))
    known = np.maximum(lists.grade, 0)
    if known.max(initial=0) > HIGHEST:
        raise ValueError(
            f"a grade of {known.max():g} makes the exponential gain meaningless: give "
            f"grades up to {HIGHEST}"
        )
    gain = np.exp2(known) - 1
    best = gain[np.lexsort((-gain, lists.code))]
    weight = np.where(lists.place < k, discount(lists.place), 0)
    most = lists.sums(best * weight)
    tie = lists.tie_groups(ties)
    held = (tie.sums(gain) / tie.size)[tie.code]
    got = lists.sums(held * weight * lists.shown)
    return np.where(most > 0, got / np.where(most > 0, most, 1), EMPTY[empty])


def reciprocal_rank(
    lists: Ranked, *, relevant: float = 1, ties: Ties = "order"
) -> Floats:
    """One over the place of the first relevant document; 0 if none is found.

    Among equal scores of which m of n are relevant, the first relevant one is j places
    down with the hypergeometric probability C(n - j - 1, m - 1) / C(n, m).

    Sources: Voorhees, "The TREC-8 question answering track report" (1999); ties:
    McSherry and Najork, ECIR (2008).
    """
    hit, every = _relevant(lists, relevant)
    tie = lists.tie_groups(ties)
    n, m = tie.size.astype(np.float64), tie.sums(hit)
    some = np.flatnonzero(m > 0)
    _, first = np.unique(lists.code[tie.start[some]], return_index=True)
    group = some[first]
    n, m = n[group], m[group]
    query, place = lists.code[tie.start[group]], lists.place[tie.start[group]]
    best, here = np.zeros(len(lists.query)), m / n
    for j in range(int((n - m).max(initial=-1)) + 1):
        best[query] += here / (place + j + 1)
        here = here * (n - m - j) / np.maximum(n - j - 1, 1)
    return np.where(every > 0, best, np.nan)


def average_precision(
    lists: Ranked, *, relevant: float = 1, ties: Ties = "order"
) -> Floats:
    """Precision at the place of each relevant document, 0 for those not found.

    Sources: as trec_eval's `map`; Buckley and Voorhees, SIGIR (2000); ties: McSherry
    and Najork, ECIR (2008).
    """
    hit, every = _relevant(lists, relevant)
    tie = lists.tie_groups(ties)
    n, m = tie.size[tie.code], tie.sums(hit)[tie.code]
    start = tie.start[tie.code]
    before = _so_far(lists, hit)[start] - hit[start]
    beside = (np.arange(len(hit)) - start) * (m - 1) / np.maximum(n - 1, 1)
    precision = (before + 1 + beside) / (lists.place + 1)
    return _over(lists.sums(precision * m / n * lists.shown), every)


def bpref(lists: Ranked, *, relevant: float = 1) -> Floats:
    """How seldom what was judged not relevant stands above what is.

    What nobody judged is skipped: lists can be compared although editors have not seen
    all of them. Equal scores stand in the order of the rows.

    Source: Buckley and Voorhees, SIGIR (2004), with trec_eval's denominator
    min(relevant, judged and not relevant).
    """
    hit, every = _relevant(lists, relevant)
    bad = (lists.grade != UNJUDGED) & (lists.grade < relevant)
    above = np.minimum(_so_far(lists, bad & lists.shown), every[lists.code])
    least = np.maximum(np.minimum(every, lists.sums(bad)), 1)[lists.code]
    return _over(lists.sums((1 - above / least) * hit), every)


def judged_share(lists: Ranked, *, k: int) -> Floats:
    """Share of what stands on the first `k` places that somebody judged."""
    at_least("k", k, 1)
    held = lists.shown & (lists.place < k)
    return _over(lists.sums(held & (lists.grade != UNJUDGED)), lists.sums(held))


def _relevant(lists: Ranked, relevant: float) -> tuple[Bools, Floats]:
    """(n,) rows that are relevant and on a list; (q,) how many are, anywhere."""
    if not relevant > 0:
        raise ValueError(f"`relevant` must be a grade above 0, not {relevant}")
    known = lists.grade >= relevant
    return known & lists.shown, lists.sums(known)


def _over(got: Floats, every: Floats) -> Floats:
    """(q,) shares; NaN where there is nothing."""
    return np.where(every > 0, got / np.maximum(every, 1), np.nan)


def _so_far(lists: Ranked, flag: Bools) -> Floats:
    """(n,) how many rows of the same list are flagged, down to this one."""
    count = np.concatenate([[0], np.cumsum(flag)])
    return np.asarray(count[1:] - count[lists.start[lists.code]], np.float64)
