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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bm25 import TermStatistics, saturation
from .documents import Floats, Ids, Longs, Tokens, Vocabulary
from .query import Query

#: Of which term and way (numbered over all queries), and whether by its own word.
_ROW = np.dtype(
    {
        "names": ["term", "way", "own", "weight", "word"],
        "formats": ["i4", "i4", "?", "f4", "i4"],
    }
)


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """Queries as arrays: a row for each word of each way to meet each term."""

    start: Longs  # (q + 1,) where each query's rows begin
    rows: NDArray[np.void]  # (w,) of `_ROW`
    n_terms: Longs  # (q,) terms of each query

    @classmethod
    def of_queries(cls, queries: Sequence[Query], vocabulary: Vocabulary) -> QueryTerms:
        """From queries; ways with a word that no document has are left out."""
        rows: list[tuple[int, int, bool, float, int]] = []
        start, n_ways, n_terms = [0], 0, 0
        for query in queries:
            for term in query.terms:
                for turn, (text, weight) in enumerate(term.ways):
                    codes = [vocabulary.get(word, -1) for word in text.split()]
                    if min(codes) >= 0:
                        told = n_terms, n_ways, turn == 0, weight
                        rows.extend((*told, code) for code in codes)
                        n_ways += 1
                n_terms += 1
            start.append(len(rows))
        sizes = np.array([len(query.terms) for query in queries], np.int64)
        return cls(np.array(start, np.int64), np.array(rows, _ROW), sizes)


@dataclass(frozen=True, slots=True)
class TermMatches:
    """How terms are met in one field: a row for each pair and term that may be met."""

    pair: Longs  # (m,) the same for all fields of the same pairs
    bm25: Floats  # (m,) of the best way
    met: NDArray[np.bool_]  # (m,) whether the term is there, by any way
    own: NDArray[np.bool_]  # (m,) by its own word


def matched(
    asked: QueryTerms, tokens: Tokens, known: TermStatistics, row: Ids, document: Ids
) -> TermMatches:
    """Match (n,) queries, by row, with (n,) documents, by number."""
    size = np.diff(asked.start)[row]
    pair = np.repeat(np.arange(len(row)), size)
    first = np.cumsum(size) - size
    entry = np.arange(len(pair)) + np.repeat(asked.start[row] - first, size)
    word, way = asked.rows["word"][entry], asked.rows["way"][entry]
    code, start = tokens.flat(document)
    often = _counts(code, start, pair, word, len(tokens.vocabulary))
    length = (np.diff(start) / np.float32(known.mean_length))[pair]
    score = known.idf[word] * saturation(often, length).astype(np.float32)
    # Words of a way all count, if all are there; of a term's ways the best.
    first = _changes(pair, way)
    there = _reduced(np.logical_and, often > 0, first)
    best = _reduced(np.add, score, first)
    pair, entry = pair[first], entry[first]
    best = np.where(there, best * asked.rows["weight"][entry], 0)
    own = there & asked.rows["own"][entry]
    first = _changes(pair, asked.rows["term"][entry])
    return TermMatches(
        pair[first],
        _reduced(np.maximum, best, first),
        _reduced(np.logical_or, there, first),
        _reduced(np.logical_or, own, first),
    )


def _reduced(how: np.ufunc, values: NDArray[Any], first: Longs) -> NDArray[Any]:
    """Stretches of values, each made one; `reduceat` knows no empty list of them."""
    made: NDArray[Any] = how.reduceat(values, first) if len(first) else values
    return made


def _changes(*columns: NDArray[np.integer]) -> Longs:
    """Rows at which one of the columns is other than in the row before."""
    n = len(columns[0])
    new = np.ones(n, bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.flatnonzero(new)


def _counts(code: Ids, start: Longs, pair: Longs, word: Ids, n_words: int) -> Floats:
    """(m,) how often a word stands in a pair's document."""
    # Most words are asked for by no query of the batch: they go first, cheaply.
    wanted = np.zeros(n_words, bool)
    wanted[word] = True
    kept = np.flatnonzero(wanted[code])
    of = np.searchsorted(start, kept, "right") - 1
    held = np.sort(of * n_words + code[kept])
    key = pair * n_words + word
    many = np.searchsorted(held, key, "right") - np.searchsorted(held, key, "left")
    return many.astype(np.float32)
