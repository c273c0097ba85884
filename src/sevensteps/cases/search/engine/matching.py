"""Which terms of a query stand in which documents, for many pairs at once.

Training wants a million pairs, serving two hundred within a few milliseconds. Both take
the same road: each pair is written out as the words that its query asks for, these are
looked up among the document's own, and the rest is sums.

A *way* is a word, or words that must all be there, by which a term may be met: its own,
or a synonym. The best way counts, as in the keyword index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bm25 import TermStatistics, saturation
from .documents import Floats, Ids, Longs, Tokens, Vocabulary
from .query import Query

_ROW = np.dtype(
    [
        ("term", np.int32),
        ("way", np.int32),
        ("own", bool),
        ("weight", np.float32),
        ("word", np.int32),
    ]
)
_TERM = np.dtype([("query", np.int32), ("weight", np.float32)])


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """Queries as arrays: a row for each word of each way to meet each term.

    Attributes
    ----------
    start : (q + 1,) int64    where each query's rows begin
    rows : (w,) of its term and way (numbered over all queries), whether the way is the
        term's own word, the way's weight, and the word's code
    terms : (t,) of its query, and the term's weight
    """

    start: Longs
    rows: NDArray[np.void]
    terms: NDArray[np.void]

    @classmethod
    def of_queries(cls, queries: Sequence[Query], vocabulary: Vocabulary) -> QueryTerms:
        """From queries; ways with a word that no document has are left out."""
        rows: list[tuple[int, int, bool, float, int]] = []
        terms: list[tuple[int, float]] = []
        start, n_ways = [0], 0
        for at, query in enumerate(queries):
            for term in query.terms:
                ways = [(term.word, 1.0), *term.synonyms]
                for turn, (text, weight) in enumerate(ways):
                    codes = [vocabulary.get(word, -1) for word in text.split()]
                    if min(codes, default=-1) >= 0:
                        told = len(terms), n_ways, turn == 0, weight
                        rows.extend((*told, code) for code in codes)
                        n_ways += 1
                terms.append((at, term.weight))
            start.append(len(rows))
        made = np.array(rows, _ROW), np.array(terms, _TERM)
        return cls(np.array(start, np.int64), *made)

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def n_terms(self) -> Longs:
        """(q,) terms of each query."""
        return np.bincount(self.terms["query"], minlength=len(self))

    @property
    def total_weight(self) -> Floats:
        """(q,) weights of each query's terms together."""
        weight = self.terms["weight"]
        total = np.bincount(self.terms["query"], weight, minlength=len(self))
        return total.astype(np.float32)


@dataclass(frozen=True, slots=True)
class TermMatches:
    """How terms are met in one field: a row for each pair and term that may be met.

    Attributes
    ----------
    pair, term : (m,) int     the same for all fields of the same pairs
    bm25 : (m,) float32       of the best way
    met : (m,) bool           whether the term is there, by any way
    own : (m,) bool           by its own word
    """

    pair: Longs
    term: Ids
    bm25: Floats
    met: NDArray[np.bool_]
    own: NDArray[np.bool_]


def matched(
    asked: QueryTerms, tokens: Tokens, known: TermStatistics, row: Ids, document: Ids
) -> TermMatches:
    """Match (n,) queries, by row, with (n,) documents, by number."""
    size = np.diff(asked.start)[row]
    pair = np.repeat(np.arange(len(row)), size)
    entry = np.arange(len(pair)) + np.repeat(asked.start[row] - _starts(size), size)
    word, way = asked.rows["word"][entry], asked.rows["way"][entry]
    often = _counts(tokens, document, pair, word)
    length = (tokens.lengths(document) / np.float32(known.mean_length))[pair]
    score = known.idf[word] * saturation(often, length).astype(np.float32)
    # Words of a way all count, if all are there; of a term's ways the best.
    first = _changes(pair, way)
    there = np.logical_and.reduceat(often > 0, first) if len(first) else often > 0
    pair, entry = pair[first], entry[first]
    best = np.add.reduceat(score, first) if len(first) else score
    best = np.where(there, best * asked.rows["weight"][entry], 0)
    term, own = asked.rows["term"][entry], there & asked.rows["own"][entry]
    first = _changes(pair, term)
    if not len(first):
        return TermMatches(pair, term, best, there, own)
    return TermMatches(
        pair[first],
        term[first],
        np.maximum.reduceat(best, first),
        np.logical_or.reduceat(there, first),
        np.logical_or.reduceat(own, first),
    )


def _starts(size: Longs) -> Longs:
    """Where stretches of so many rows begin, one after another."""
    return np.cumsum(size) - size


def _changes(*columns: NDArray[np.integer]) -> NDArray[np.intp]:
    """Rows at which one of the columns is other than in the row before."""
    n = len(columns[0])
    new = np.ones(n, bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.flatnonzero(new)


def _counts(tokens: Tokens, document: Ids, pair: Longs, word: Ids) -> Floats:
    """(m,) how often a word stands in a pair's document."""
    code, start = tokens.flat(document)
    # Most words are asked for by no query of the batch: they go first, cheaply.
    wanted = np.zeros(len(tokens.vocabulary), bool)
    wanted[word] = True
    kept = np.flatnonzero(wanted[code])
    of = np.searchsorted(start, kept, "right") - 1
    held = np.sort(of * len(wanted) + code[kept])
    key = pair * len(wanted) + word
    many = np.searchsorted(held, key, "right") - np.searchsorted(held, key, "left")
    return many.astype(np.float32)
