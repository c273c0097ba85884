"""Which words of a query stand in which documents, for many pairs at once.

Training wants a million pairs, serving two hundred within a few milliseconds. Both take
the same road: the documents' words are laid out flat, those that no query of the batch
asks for are dropped, and what is left is counted by pair and way of asking.

A *way* is a word or phrase by which a term may be met: its own, or a synonym.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .documents import Floats, Ids, Longs, Tokens, Vocabulary
from .query import Query

K1, B = 1.2, 0.75  # of BM25, as the keyword index has them
AT_ONCE = 1 << 18  # documents whose words are counted together


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 must know of a collection.

    Attributes
    ----------
    idf : (words,) float32    logarithm of how rare each word is
    mean_length : words of a text
    """

    idf: Floats
    mean_length: float

    @classmethod
    def of(cls, tokens: Tokens) -> Statistics:
        """Of one field of all documents."""
        holds = np.zeros(len(tokens.vocabulary), np.int64)
        for first in range(0, len(tokens), AT_ONCE):
            rows = np.arange(first, min(first + AT_ONCE, len(tokens)), dtype=np.int32)
            holds += np.bincount(
                tokens.take(rows).counts().indices, minlength=len(holds)
            )
        mean = len(tokens.code) / max(len(tokens), 1)
        return cls(rarity(holds, len(tokens)), max(mean, 1e-9))


def rarity(holds: NDArray[np.int64], n: int) -> Floats:
    """BM25's weight of words which so many of `n` documents hold."""
    return np.log1p((n - holds + 0.5) / (holds + 0.5)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Asked:
    """Queries as arrays: one row a way, in order of the queries.

    Attributes
    ----------
    start : (q + 1,) int64    where each query's ways begin
    term : (w,) int32         which of its query's terms a way meets; the number of the
        terms where it is the whole query as one phrase
    turn : (w,) int32         0 for the term's own word, then its synonyms
    weight : (w,) float32     of the synonym
    words : (w, longest) int32   codes; -1 fills up
    n_terms : (q,) int32
    term_weight : (q, most terms) float32    0 fills up
    """

    start: Longs
    term: Ids
    turn: Ids
    weight: Floats
    words: Ids
    n_terms: Ids
    term_weight: Floats

    @classmethod
    def of(cls, queries: Sequence[Query], vocabulary: Vocabulary) -> Asked:
        """From queries; ways with a word that no document has are left out."""
        rows, start, longest = [], [0], 1
        for query in queries:
            for term, turn, weight, text in _ways(query):
                codes = [vocabulary.get(word, -1) for word in text.split()]
                if codes and min(codes) >= 0:
                    rows.append((term, turn, weight, codes))
                    longest = max(longest, len(codes))
            start.append(len(rows))
        n_terms = np.array([len(query.terms) for query in queries], np.int32)
        term_weight = np.zeros((len(queries), int(n_terms.max(initial=0))), np.float32)
        for row, query in enumerate(queries):
            term_weight[row, : len(query.terms)] = [term.weight for term in query.terms]
        words = [codes + [-1] * (longest - len(codes)) for *_, codes in rows]
        return cls(
            np.array(start, np.int64),
            np.array([row[0] for row in rows], np.int32),
            np.array([row[1] for row in rows], np.int32),
            np.array([row[2] for row in rows], np.float32),
            np.array(words, np.int32).reshape(-1, longest),
            n_terms,
            term_weight,
        )

    def __len__(self) -> int:
        return len(self.n_terms)

    def take(self, rows: Ids) -> Asked:
        """Some of the queries."""
        size = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(size)])
        at = np.arange(start[-1]) + np.repeat(self.start[rows] - start[:-1], size)
        n_terms = self.n_terms[rows]
        return Asked(
            start,
            self.term[at],
            self.turn[at],
            self.weight[at],
            self.words[at],
            n_terms,
            self.term_weight[rows, : int(n_terms.max(initial=0))],
        )

    def rarities(self, statistics: Statistics) -> Floats:
        """(w,) weights of ways; a phrase is as rare as its words together."""
        each = np.where(self.words >= 0, statistics.idf[self.words], 0)
        return self.weight * each.sum(axis=1)


def _ways(query: Query) -> Iterator[tuple[int, int, float, str]]:
    """Term, turn, weight and text of each way to meet a query."""
    for at, term in enumerate(query.terms):
        yield at, 0, 1.0, term.word
        for turn, (synonym, weight) in enumerate(term.synonyms, start=1):
            yield at, turn, weight, synonym
    yield len(query.terms), 0, 1.0, " ".join(query.words)


@dataclass(frozen=True, slots=True)
class Matched:
    """How some pairs of query and document match in one field; rows are pairs.

    Attributes
    ----------
    bm25 : (n,) float32
    met : (n, terms) bool     whether a term is there, by any way; of a query with fewer
        terms than others, the further columns mean nothing, and weigh nothing
    own : (n, terms) bool     by its own word
    phrase : (n,) bool        whether the whole query stands there as typed
    """

    bm25: Floats
    met: NDArray[np.bool_]
    own: NDArray[np.bool_]
    phrase: NDArray[np.bool_]


def matched(
    asked: Asked, tokens: Tokens, statistics: Statistics, row: Ids, document: Ids
) -> Matched:
    """Match (n,) queries, by row, with (n,) documents, by number."""
    n, wide = len(row), asked.term_weight.shape[1]
    turns = int(asked.turn.max(initial=0)) + 1
    pair, way = _hits(asked, tokens, row, document)
    slot = asked.term[way] * turns + asked.turn[way]
    cells = n * (wide + 1) * turns
    counts = np.bincount(pair * ((wide + 1) * turns) + slot, minlength=cells)
    often = counts.astype(np.float32).reshape(n, wide + 1, turns)
    length = tokens.lengths(document)[:, None, None] / np.float32(
        statistics.mean_length
    )
    rare = np.zeros((len(asked), (wide + 1) * turns), np.float32)
    of = np.repeat(np.arange(len(asked)), np.diff(asked.start))
    rare[of, asked.term * turns + asked.turn] = asked.rarities(statistics)
    score = rare[row].reshape(often.shape) * (
        (K1 + 1) * often / (often + np.float32(K1) * (1 - B + B * length))
    )
    met = often > 0
    whole = asked.n_terms[row]
    phrase = np.take_along_axis(met[..., 0], whole[:, None], axis=1)[:, 0]
    best = score[:, :wide].max(axis=2)
    weighed = np.einsum("ij,ij->i", best, asked.term_weight[row])
    found = np.asarray(met[:, :wide].any(axis=2))
    return Matched(weighed, found, met[:, :wide, 0], phrase)


def _hits(asked: Asked, tokens: Tokens, row: Ids, document: Ids) -> tuple[Longs, Longs]:
    """Pair and way of each place where a way's words stand in the pair's text."""
    code, start = tokens.flat(document)
    # Most words are asked for by no query of the batch: they go first, cheaply.
    column = np.full(len(tokens.vocabulary), -1, np.int32)
    firsts = np.unique(asked.words[:, 0])
    column[firsts] = np.arange(len(firsts))
    place = np.flatnonzero(column[code] >= 0)
    pair = np.repeat(np.arange(len(row)), np.diff(start))[place]
    # The rest is looked up by query and first word. A word may begin several ways.
    of = np.repeat(np.arange(len(asked)), np.diff(asked.start))
    key = of * len(firsts) + column[asked.words[:, 0]]
    order = np.argsort(key, kind="stable")
    wanted = row[pair].astype(np.int64) * len(firsts) + column[code[place]]
    low, high = (
        np.searchsorted(key[order], wanted, side) for side in ("left", "right")
    )
    size = high - low
    first = np.repeat(low - np.cumsum(size) + size, size)
    way = order[first + np.arange(len(first))]
    pair, place = np.repeat(pair, size), np.repeat(place, size)
    fits = _stands(asked.words[way], code, place, start[pair + 1])
    return pair[fits], way[fits]


def _stands(words: Ids, code: Ids, place: Longs, end: Longs) -> NDArray[np.bool_]:
    """Whether the further words of ways follow their first, before the text ends."""
    fits = np.ones(len(place), bool)
    for step in range(1, words.shape[1]):
        more = np.flatnonzero(words[:, step] >= 0)
        at = place[more] + step
        inside = at < end[more]
        same = code[np.minimum(at, len(code) - 1)] == words[more, step]
        fits[more] &= inside & same
    return fits
