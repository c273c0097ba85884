"""Vectors of a collection's queries, titles and whole documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.search.dense import embed

from .collections import Collection
from .texts import Floats, Ids

SHORT, LONG = 200, 1_500  # characters of a document that are embedded
ENOUGH = 40_000_000  # characters of all documents together, or else the short ones
MOST_TITLES = 200_000  # documents, beyond which titles get no vectors of their own
AT_ONCE = 128  # queries
BLOCK = 50_000  # documents that are compared with them


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """Unit vectors.

    Attributes
    ----------
    query : (m, width) float32
    title, whole : (n, width) float16; a document without a title has that of its text
    """

    query: Floats
    title: NDArray[np.float16]
    whole: NDArray[np.float16]

    @classmethod
    def of(cls, data: Collection, documents: Ids | None = None) -> Meaning:
        """Of a collection; of others than some `documents`, if given, zeros.

        Capitals are lowered: the model takes a query in capitals for noise.
        """
        n = data.n_documents
        some: Ids = np.arange(n) if documents is None else np.unique(documents)
        query = embed([text.lower() for text in data.query])
        width = query.shape[1]
        whole = np.zeros((n, width), np.float16)
        # A second vector of each of very many would take too long, and too much room.
        title = whole if len(some) > MOST_TITLES else np.zeros_like(whole)
        long = int(np.clip(ENOUGH / max(len(some), 1), SHORT, LONG))
        for begin in range(0, len(some), BLOCK):
            at = some[begin : begin + BLOCK]
            text = embed(_joined(data, at, long))
            if title is whole:
                whole[at] = text
                continue
            title[at] = short = embed(_titles(data, at))
            both = short + text
            size = np.linalg.norm(both, axis=1, keepdims=True)
            whole[at] = both / np.maximum(size, 1e-9)
        return cls(query, title, whole)

    def best(self, k: int, queries: NDArray[np.intp]) -> Ids:
        """(q, k) documents by falling cosine with the whole; ties by smaller id."""
        found = []
        for begin in range(0, len(queries), AT_ONCE):
            asks = self.query[queries[begin : begin + AT_ONCE]]
            found.append(_nearest(asks, self.whole, k))
        return np.concatenate(found)


def _titles(data: Collection, at: Ids) -> list[str]:
    pairs = zip(data.title[at], data.body[at], strict=True)
    return [(t or b[:SHORT]).lower() for t, b in pairs]


def _joined(data: Collection, at: Ids, long: int) -> list[str]:
    pairs = zip(data.title[at], data.body[at], strict=True)
    return [f"{t}. {b}"[:long].lower() for t, b in pairs]


def _nearest(asks: Floats, vectors: NDArray[np.float16], k: int) -> Ids:
    kept_id = np.empty((len(asks), 0), np.int64)
    kept = np.empty((len(asks), 0), np.float32)
    for begin in range(0, len(vectors), BLOCK):
        cosine = asks @ vectors[begin : begin + BLOCK].astype(np.float32).T
        ids = np.broadcast_to(np.arange(cosine.shape[1]) + begin, cosine.shape)
        kept = np.concatenate([kept, cosine], axis=1)
        kept_id = np.concatenate([kept_id, ids], axis=1)
        if kept.shape[1] > k:
            top = np.argpartition(-kept, k - 1, axis=1)[:, :k]
            kept = np.take_along_axis(kept, top, axis=1)
            kept_id = np.take_along_axis(kept_id, top, axis=1)
    order = np.lexsort((kept_id, -kept), axis=1)
    ids = np.full((len(asks), k), -1, np.int32)
    ids[:, : order.shape[1]] = np.take_along_axis(kept_id, order, axis=1)
    return ids
