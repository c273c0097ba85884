"""Judged rows as lists: sorted once, measured many times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sevensteps.measure.inputs import Bools, Floats, Ints, numbers, one_of, same_length

UNJUDGED = -1.0  # the grade of what no editor has looked at
MOST = 1_000_000  # as a grade: beyond it somebody has confused the columns

Ties = Literal["order", "average"]


@dataclass(frozen=True, slots=True)
class TieGroups:
    """Runs of rows that stand in one place of the order.

    Attributes
    ----------
    code : (n,) int           group of each row, from 0
    start, size : (g,) int    first row of each group, and how many there are
    """

    code: Ints
    start: Ints
    size: Ints

    def sums(self, values: ArrayLike) -> Floats:
        """(g,) sums of (n,) values over each group."""
        return np.add.reduceat(np.asarray(values, np.float64), self.start)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows in the order of their lists: query by query, best score first.

    Attributes
    ----------
    query : (q,) int          ids, ascending; what is measured per query has this order
    start : (q + 1,) int      where each query's rows begin
    code : (n,) int           index of its query
    place : (n,) int          on its list, from 0
    shown : (n,) bool         on its list at all: its score is not minus infinity
    grade : (n,) float        -1 where it was not judged
    score : (n,) float
    """

    query: NDArray[np.integer[Any]]
    start: Ints
    code: Ints
    place: Ints
    shown: Bools
    grade: Floats
    score: Floats

    @classmethod
    def of(
        cls, query: NDArray[np.integer[Any]], code: Ints, score: Floats, grade: Floats
    ) -> Ranked:
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

    def condensed(self) -> Ranked:
        """The lists without what was not judged; all queries stay."""
        kept = self.grade != UNJUDGED
        return Ranked.of(
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

    Raises
    ------
    ValueError                NaN, a negative grade but -1, or lengths that differ

    Examples
    --------
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
