"""What a ranker is told of a query and a document, the same offline and online.

Text that matches, attributes that agree, meaning that is close, and what the shop knows
of the product whatever is asked. The position in the log is not among them: a model
that is told where a product stood learns who was shown, not who was wanted.

Each pair is written out as the words that its query asks for, these are looked up in
the document, and the rest is sums. A *way* is a word, or words that must all be there,
by which a term may be met: its own, or a synonym. The best counts, as in the index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.rank.dense import embed
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.mlp import Floats
from sevensteps.rank.text import (
    Ids,
    Longs,
    TermStatistics,
    Tokens,
    Vocabulary,
    saturation,
)

from .query import Query
from .shop import CodedColumn, Documents

CHUNK = 1 << 12  # pairs at a time, so that their words and vectors stay in the cache
RATINGS = 10.0  # that the mean of all products counts as, beside a product's own
LOGGED = ("price", "n_ratings", "sold", "age_days")
TEXT = (
    *("bm25_title", "bm25_body", "cover_title", "cover_body"),
    *("cover", "own_title", "n_terms"),
)
_NOT_ASKED, _NO_SUCH = -3, -2
Vectors = NDArray[np.floating]
Flags = NDArray[np.bool_]
_NO_RANKS: Mapping[str, ArrayLike] = MappingProxyType({})
#: A word of a way to meet a term, both numbered over all queries.
_WORD = np.dtype(
    [("term", "i4"), ("way", "i4"), ("own", "?"), ("weight", "f4"), ("word", "i4")]
)


@dataclass(frozen=True, slots=True)
class CatalogueFeatures:
    """A catalogue prepared for features."""

    documents: Documents
    title: TermStatistics
    body: TermStatistics
    known: FeatureTable  # what is told of each document whatever is asked
    vector: Vectors | None = None  # (n, width) of unit length, of titles

    @classmethod
    def of(
        cls, documents: Documents, vector: Vectors | None = None
    ) -> CatalogueFeatures:
        """From a catalogue and, if cosines are wanted, vectors of its titles."""
        title, body = (TermStatistics.of(t) for t in (documents.title, documents.body))
        return cls(documents, title, body, known_features(documents), vector)

    def grown(self, documents: Documents, vector: Vectors) -> CatalogueFeatures:
        """Of these documents and later ones; how rare words are is not counted anew."""
        size = len(documents.vocabulary), len(documents)
        title, body = self.title.padded(*size), self.body.padded(*size)
        known = known_features(documents)
        return CatalogueFeatures(documents, title, body, known, vector)


def known_features(documents: Documents) -> FeatureTable:
    """(n, d) what is told of each document whatever is asked."""
    numbers = documents.numbers
    made = {"title_words": np.log1p(documents.title.length)}
    for name, column in numbers.items():
        if name == "rating":
            made["rating"] = _shrunk(column, numbers["n_ratings"])
        else:
            logged = name in LOGGED
            made["log_" * logged + name] = np.log1p(column) if logged else column
    values = np.column_stack([*made.values()]).astype(np.float32)
    return FeatureTable(tuple(made), values)


def _shrunk(rating: Floats, n: Floats) -> Floats:
    """Mean ratings, drawn towards that of all products where few have rated."""
    often = np.where(np.isnan(rating), 0, n)
    total = np.nansum(rating * often, dtype=np.float64)
    mean = total / max(often.sum(dtype=np.float64), 1)
    told = (np.nan_to_num(rating) * often + RATINGS * mean) / (often + RATINGS)
    return np.asarray(told, np.float32)


def pair_features(
    reference: CatalogueFeatures,
    queries: Sequence[Query],
    row: ArrayLike,
    document: ArrayLike,
    *,
    ranks: Mapping[str, ArrayLike] = _NO_RANKS,
) -> FeatureTable:
    """(n, d) features of pairs.

    Parameters
    ----------
    row, document : (n,) int     which of the queries, which document
    ranks : (n,) int by source   place at which each source found it, from 0; -1 if not
    """
    documents, known = reference.documents, reference.known
    r, d = np.asarray(row, np.int32), np.asarray(document, np.int32)
    for name, at, n in (("row", r, len(queries)), ("document", d, len(documents))):
        if at.shape != d.shape or not ((at >= 0) & (at < n)).all():
            raise ValueError(f"`{name}` must be 0 to {n - 1:,}, one for each pair")
    asked = _Asked.of(queries, documents.vocabulary)
    # An empty table needs its columns, too.
    chunks = [slice(at, at + CHUNK) for at in range(0, max(len(r), 1), CHUNK)]
    text = [_text(reference, asked, r[part], d[part]) for part in chunks]
    made: dict[str, Any] = dict(zip(TEXT, np.hstack(text), strict=True))
    made |= _agreement(documents, queries, r, d)
    if (vector := reference.vector) is not None:
        asks = embed([query.normalised for query in queries], vector.shape[1])
        near = [_cosine(vector[d[part]], asks[r[part]]) for part in chunks]
        made["cosine"] = np.concatenate(near)
    for name, rank in ranks.items():
        at = np.asarray(rank, np.int32)
        high = 1 / np.log2(np.maximum(at, 0) + 2.0)
        made[f"rank_{name}"] = np.where(at >= 0, high, 0)
    values = np.empty((len(d), len(made) + len(known.names)), np.float32)
    for place, column in enumerate(made.values()):
        values[:, place] = column
    values[:, len(made) :] = known.values[d]
    return FeatureTable((*made, *known.names), values)


class _Asked(NamedTuple):
    """Queries as arrays: a row for each word of each way to meet each term."""

    start: Longs  # (q + 1,) where each query's rows begin
    rows: NDArray[np.void]  # (w,) of `_WORD`
    n_terms: Longs  # (q,) terms of each query

    @classmethod
    def of(cls, queries: Sequence[Query], vocabulary: Vocabulary) -> _Asked:
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
        return cls(np.array(start, np.int64), np.array(rows, _WORD), sizes)


def _text(
    reference: CatalogueFeatures, asked: _Asked, row: Ids, document: Ids
) -> Floats:
    """(len(TEXT), n) how the words match."""
    here, n_terms = reference.documents, asked.n_terms[row].astype(np.float32)
    fields = (here.title, reference.title), (here.body, reference.body)
    title, body = (_matched(asked, t.take(document), known, row) for t, known in fields)
    (pair, title_score, in_title, own), (_, body_score, in_body, _) = title, body
    every = (title_score, body_score, in_title, in_body, in_title | in_body, own)
    made = [np.bincount(pair, value, minlength=len(row)) for value in every]
    share = [value / np.maximum(n_terms, 1) for value in made[2:]]
    return np.stack([*made[:2], *share, n_terms], dtype=np.float32, casting="same_kind")


def _matched(
    asked: _Asked, tokens: Tokens, known: TermStatistics, row: Ids
) -> tuple[Longs, Floats, Flags, Flags]:
    """Match (n,) queries, by row, with (n,) texts, term by term.

    For each pair and term that may be met, which are the same for all fields: the pair,
    BM25 of the best way, whether the term is there by any way, and by its own word.
    """
    size = np.diff(asked.start)[row]
    pair = np.repeat(np.arange(len(row)), size)
    shift = asked.start[row] - np.cumsum(size) + size
    entry = np.arange(len(pair)) + np.repeat(shift, size)
    word, way = asked.rows["word"][entry], asked.rows["way"][entry]
    often = _counts(asked, tokens, pair, word)
    length = (np.diff(tokens.start) / np.float32(known.mean_length))[pair]
    score = known.idf[word] * saturation(often, length).astype(np.float32)
    # Words of a way all count, if all are there; of a term's ways the best.
    first = _changes(pair, way)
    there = _reduced(np.logical_and, often > 0, first)
    best = _reduced(np.add, score, first)
    pair, entry = pair[first], entry[first]
    best = np.where(there, best * asked.rows["weight"][entry], 0)
    own = there & asked.rows["own"][entry]
    first = _changes(pair, asked.rows["term"][entry])
    return (
        pair[first],
        _reduced(np.maximum, best, first),
        _reduced(np.logical_or, there, first),
        _reduced(np.logical_or, own, first),
    )


def _counts(asked: _Asked, tokens: Tokens, pair: Longs, word: Ids) -> Floats:
    """(m,) how often a word stands in a pair's document."""
    # Most words are asked for by no query of the batch: they go first, cheaply.
    kept = np.isin(tokens.code, asked.rows["word"], kind="table")
    n_words = len(tokens.vocabulary)
    held = np.sort(tokens.row[kept] * n_words + tokens.code[kept])
    key = pair * n_words + word
    many = np.searchsorted(held, key, "right") - np.searchsorted(held, key, "left")
    return many.astype(np.float32)


def _reduced(how: np.ufunc, values: NDArray[Any], first: Longs) -> NDArray[Any]:
    """Stretches of values, each made one; `reduceat` knows no empty list of them."""
    made: NDArray[Any] = how.reduceat(values, first) if len(first) else values
    return made


def _changes(*columns: NDArray[np.integer]) -> Longs:
    """Rows at which one of the columns is other than in the row before."""
    new = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.flatnonzero(np.concatenate([[True], new]))[: len(columns[0])]


def _agreement(
    documents: Documents, queries: Sequence[Query], row: Ids, document: Ids
) -> dict[str, Flags]:
    """By field: whether the document is what was asked, is another, or does not say."""
    made = {}
    for name, column in documents.fields.items():
        asked = [
            [_code(column, value) for field, value in q.attributes if field == name]
            for q in queries
        ]
        wanted = np.full((len(asked), max([1, *map(len, asked)])), _NOT_ASKED, np.int32)
        for at, codes in enumerate(asked):
            wanted[at, : len(codes)] = codes
        code, wanted = column.code[document], wanted[row]
        is_asked, told = wanted[:, 0] != _NOT_ASKED, code >= 0
        equal = (wanted == code[:, None]).any(axis=1) & told
        made[f"agrees_{name}"] = is_asked & equal
        made[f"differs_{name}"] = is_asked & told & ~equal
        made[f"silent_{name}"] = is_asked & ~told
    return made


def _cosine(title: Vectors, ask: Floats) -> Floats:
    """(n,) products of vectors, row by row."""
    return np.einsum("ij,ij->i", title.astype(np.float32, copy=False), ask)


def _code(column: CodedColumn, value: str) -> int:
    return column.names.index(value) if value in column.names else _NO_SUCH
