"""What a ranker is told of a query and a document, the same offline and online.

Text that matches, attributes that agree, meaning that is close, and what the shop knows
of the product whatever is asked. The position in the log is not among them: a model
that is told where a product stood learns who was shown, not who was wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.rank.feature_table import FeatureTable

from .bm25 import TermStatistics
from .dense import embed
from .documents import CodedColumn, Documents, Floats, Ids
from .matching import QueryTerms, matched
from .query import Query

CHUNK = 1 << 12  # pairs at a time, so that their words and vectors stay in the cache
RATINGS = 10.0  # that the mean of all products counts as, beside a product's own
LOGGED = ("price", "n_ratings", "sold", "age_days")
TEXT = (
    *("bm25_title", "bm25_body", "cover_title", "cover_body"),
    *("cover", "own_title", "n_terms"),
)
_NOT_ASKED, _NO_SUCH = -3, -2
_NO_RANKS: Mapping[str, ArrayLike] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CatalogueFeatures:
    """A catalogue prepared for features."""

    documents: Documents
    title: TermStatistics
    body: TermStatistics
    known: FeatureTable  # what is told of each document whatever is asked
    vector: NDArray[np.floating] | None = None  # (n, width) unit vectors of titles

    @classmethod
    def of(
        cls, documents: Documents, vector: NDArray[np.floating] | None = None
    ) -> CatalogueFeatures:
        """From a catalogue and, if cosines are wanted, vectors of its titles."""
        if vector is not None and len(vector) != len(documents):
            raise ValueError(
                f"{len(vector):,} vectors do not fit {len(documents):,} documents"
            )
        title, body = (TermStatistics.of(t) for t in (documents.title, documents.body))
        return cls(documents, title, body, known_features(documents), vector)

    def grown(
        self, documents: Documents, vector: NDArray[np.floating]
    ) -> CatalogueFeatures:
        """Of these documents and later ones; how rare words are is not counted anew."""
        size = len(documents.vocabulary), len(documents)
        title, body = self.title.padded(*size), self.body.padded(*size)
        known = known_features(documents)
        both = None if self.vector is None else vector
        return CatalogueFeatures(documents, title, body, known, both)


def known_features(documents: Documents) -> FeatureTable:
    """(n, d) what is told of each document whatever is asked."""
    numbers = documents.numbers
    made = {"title_words": np.log1p(documents.title.length)}
    for name, column in numbers.items():
        if name == "rating" and "n_ratings" in numbers:
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
    asks: Floats | None = None,
    ranks: Mapping[str, ArrayLike] = _NO_RANKS,
) -> FeatureTable:
    """(n, d) features of pairs.

    Parameters
    ----------
    row : (n,) int            which of the queries
    document : (n,) int       which document
    asks : (q, width) float32   the queries' vectors; made here when absent
    ranks : (n,) int by source   place at which each source found it, from 0; -1 if not
    """
    r, d = np.asarray(row, np.int32), np.asarray(document, np.int32)
    _fits(reference, queries, r, d, ranks)
    asked = QueryTerms.of_queries(queries, reference.documents.vocabulary)
    # An empty table needs its columns, too.
    chunks = [slice(at, at + CHUNK) for at in range(0, max(len(r), 1), CHUNK)]
    text = [_text(reference, asked, r[part], d[part]) for part in chunks]
    made: dict[str, Any] = dict(zip(TEXT, np.hstack(text), strict=True))
    made |= _agreement(reference, queries, r, d)
    if (vector := reference.vector) is not None:
        if asks is None:
            asks = embed([query.normalised for query in queries], vector.shape[1])
        near = [_cosine(vector[d[part]], asks[r[part]]) for part in chunks]
        made["cosine"] = np.concatenate(near)
    for name, rank in ranks.items():
        at = np.asarray(rank, np.int32)
        high = 1 / np.log2(np.maximum(at, 0) + 2.0)
        made[f"rank_{name}"] = np.where(at >= 0, high, 0)
    values = np.empty((len(d), len(made) + len(reference.known.names)), np.float32)
    for place, column in enumerate(made.values()):
        values[:, place] = column
    values[:, len(made) :] = reference.known.values[d]
    return FeatureTable((*made, *reference.known.names), values)


def _fits(
    reference: CatalogueFeatures,
    queries: Sequence[Query],
    row: Ids,
    document: Ids,
    ranks: Mapping[str, ArrayLike],
) -> None:
    """Refuse columns of other lengths, and pairs that are not there."""
    sizes = {np.shape(column) for column in (row, document, *ranks.values())}
    if len(sizes) > 1 or row.ndim != 1:
        raise ValueError("row, document and ranks must be arrays of one length")
    for name, at, n in (
        ("row", row, len(queries)),
        ("document", document, len(reference.documents)),
    ):
        if len(at) and not 0 <= at.min() <= at.max() < n:
            raise ValueError(f"`{name}` must be 0 to {n - 1:,}")


def _text(
    reference: CatalogueFeatures, asked: QueryTerms, row: Ids, document: Ids
) -> Floats:
    """(len(TEXT), n) how the words match."""
    here, n_terms = reference.documents, asked.n_terms[row].astype(np.float32)
    title = matched(asked, here.title, reference.title, row, document)
    body = matched(asked, here.body, reference.body, row, document)

    def summed(value: NDArray[Any]) -> NDArray[Any]:
        return np.bincount(title.pair, value, minlength=len(row))

    def share(value: NDArray[Any]) -> NDArray[Any]:
        return summed(value) / np.maximum(n_terms, 1)

    return np.stack(
        [
            summed(title.bm25),
            summed(body.bm25),
            share(title.met),
            share(body.met),
            share(title.met | body.met),
            share(title.own),
            n_terms,
        ],
        dtype=np.float32,
        casting="same_kind",
    )


def _agreement(
    reference: CatalogueFeatures, queries: Sequence[Query], row: Ids, document: Ids
) -> dict[str, NDArray[np.bool_]]:
    """By field: whether the document is what was asked, is another, or does not say."""
    made = {}
    for name, column in reference.documents.fields.items():
        wanted = _wanted(queries, name, column)[row]
        code = column.code[document]
        asked, told = wanted[:, 0] != _NOT_ASKED, code >= 0
        equal = (wanted == code[:, None]).any(axis=1) & told
        made[f"agrees_{name}"] = asked & equal
        made[f"differs_{name}"] = asked & told & ~equal
        made[f"silent_{name}"] = asked & ~told
    return made


def _wanted(queries: Sequence[Query], name: str, column: CodedColumn) -> Ids:
    """(q, any) codes that each query asks of a field."""
    asked = [
        [
            column.names.index(value) if value in column.names else _NO_SUCH
            for field, value in query.attributes
            if field == name
        ]
        for query in queries
    ]
    made = np.full((len(asked), max([1, *map(len, asked)])), _NOT_ASKED, np.int32)
    for at, codes in enumerate(asked):
        made[at, : len(codes)] = codes
    return made


def _cosine(title: NDArray[np.floating], ask: Floats) -> Floats:
    """(n,) products of vectors, row by row."""
    return np.einsum("ij,ij->i", title.astype(np.float32, copy=False), ask)
