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
from .dense import cosines, embed
from .documents import CodedColumn, Documents, Floats, Ids
from .matching import QueryTerms, matched
from .query import Query

CHUNK = 1 << 12  # pairs at a time, so that their words stay in the cache
RATINGS = 10.0  # that the mean of all products counts as, beside a product's own
LOGGED = ("price", "n_ratings", "sold", "age_days")
_NO_RANKS: Mapping[str, ArrayLike] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CatalogueFeatures:
    """A catalogue prepared for features.

    Attributes
    ----------
    documents : the catalogue
    title, body : statistics of its words
    known : what is told of each document whatever is asked
    vector : (n, width) unit vectors of titles, in 16 or 32 bits, or none
    """

    documents: Documents
    title: TermStatistics
    body: TermStatistics
    known: FeatureTable
    vector: NDArray[np.floating] | None = None

    @classmethod
    def of(
        cls, documents: Documents, vector: NDArray[np.floating] | None = None
    ) -> CatalogueFeatures:
        """From a catalogue and, if cosines are wanted, vectors of its titles.

        Raises
        ------
        ValueError                unless there is one vector a document
        """
        if vector is not None and len(vector) != len(documents):
            raise ValueError(
                f"{len(vector):,} vectors do not fit {len(documents):,} documents"
            )
        title, body = (TermStatistics.of(t) for t in (documents.title, documents.body))
        return cls(documents, title, body, known_features(documents), vector)


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
    """Features of pairs.

    Parameters
    ----------
    row : (n,) int            which of the queries
    document : (n,) int       which document
    asks : (q, width) float32   the queries' vectors; made here when absent
    ranks : (n,) int by source   place at which each source found it, from 0; -1 if not

    Returns
    -------
    FeatureTable              (n, d)

    Raises
    ------
    ValueError                if lengths differ, or a row or document is not there
    """
    r, d = np.asarray(row, np.int32), np.asarray(document, np.int32)
    _fits(reference, queries, r, d, ranks)
    asked = QueryTerms.of_queries(queries, reference.documents.vocabulary)
    made: dict[str, NDArray[Any]] = _text(reference, asked, r, d)
    made |= _agreement(reference, queries, r, d)
    if reference.vector is not None:
        width = reference.vector.shape[1]
        told = embed([q.normalised for q in queries], width) if asks is None else asks
        made["cosine"] = _cosine(reference.vector, told, r, d)
    for name, rank in ranks.items():
        at = np.asarray(rank, np.int32)
        high = 1 / np.log2(np.maximum(at, 0) + 2.0)
        made[f"rank_{name}"] = np.where(at >= 0, high, 0)
    return _assembled(made, reference.known, d)


def _assembled(
    made: Mapping[str, NDArray[Any]], known: FeatureTable, document: Ids
) -> FeatureTable:
    values = np.empty((len(document), len(made) + len(known.names)), np.float32)
    for at, column in enumerate(made.values()):
        values[:, at] = column
    values[:, len(made) :] = known.values[document]
    return FeatureTable((*made, *known.names), values)


def _fits(
    reference: CatalogueFeatures,
    queries: Sequence[Query],
    row: Ids,
    document: Ids,
    ranks: Mapping[str, ArrayLike],
) -> None:
    sizes = {np.shape(row), np.shape(document), *(np.shape(r) for r in ranks.values())}
    if len(sizes) > 1 or row.ndim != 1:
        raise ValueError("row, document and ranks must be arrays of one length")
    for name, at, n in (
        ("row", row, len(queries)),
        ("document", document, len(reference.documents)),
    ):
        if len(at) and not 0 <= at.min() <= at.max() < n:
            raise ValueError(f"`{name}` must be 0 to {n - 1:,}")


TEXT = (
    "bm25_title",
    "bm25_body",
    "cover_title",
    "cover_body",
    "cover",
    "own_title",
    "n_terms",
)


def _text(
    reference: CatalogueFeatures, asked: QueryTerms, row: Ids, document: Ids
) -> dict[str, NDArray[Any]]:
    """How the words match, a chunk of pairs at a time."""
    parts = [
        _matching(reference, asked, row[at : at + CHUNK], document[at : at + CHUNK])
        for at in range(0, max(len(row), 1), CHUNK)
    ]
    return dict(zip(TEXT, np.concatenate(parts, axis=1), strict=True))


def _matching(
    reference: CatalogueFeatures, asked: QueryTerms, row: Ids, document: Ids
) -> Floats:
    """(len(TEXT), n) columns."""
    here = reference.documents
    title = matched(asked, here.title, reference.title, row, document)
    body = matched(asked, here.body, reference.body, row, document)
    weight, pair = asked.terms["weight"][title.term], title.pair
    total = np.maximum(asked.total_weight[row], 1e-9)

    def summed(value: NDArray[Any]) -> NDArray[Any]:
        return np.bincount(pair, weight * value, minlength=len(row))

    return np.stack(
        [
            summed(title.bm25),
            summed(body.bm25),
            summed(title.met) / total,
            summed(body.met) / total,
            summed(title.met | body.met) / total,
            summed(title.own) / total,
            asked.n_terms[row],
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


_NOT_ASKED, _NO_SUCH = -3, -2


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


def _cosine(
    vector: NDArray[np.floating], asks: Floats, row: Ids, document: Ids
) -> Floats:
    """Of query and title; a chunk at a time, for the vectors are wide."""
    made = np.empty(len(row), np.float32)
    for at in range(0, len(row), CHUNK):
        part = slice(at, at + CHUNK)
        titles = vector[document[part]].astype(np.float32, copy=False)
        made[part] = cosines(titles, asks[row[part]])
    return made
