"""Keyword search: an inverted index with BM25, by tantivy.

For each word the index holds the documents that have it, so a query reads only what its
own words point to. A document's score is a sum over the terms of the query. A term may
be met by its word or by any of its synonyms; in each field the best of them counts, not
their sum, so that a title does not gain by saying "sofa, couch, settee".

Source: BM25, Robertson and Zaragoza, Foundations and Trends in IR 3 (2009); here with
k1 = 1.2 and b = 0.75, lengths of texts kept in one byte each.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import numpy as np
import tantivy
from numpy.typing import ArrayLike

from .clauses import Match, at_least, best_of, needed
from .documents import Documents, Floats, Ids
from .query import Query, Term

BOOSTS = MappingProxyType({"title": 2.0, "body": 1.0})
HEAP = 2_000_000_000  # bytes that a writer may use before it closes a segment
SMALL_HEAP = 100_000_000  # the same for additions
MOST_TIES = 1 << 16  # that are looked at when the last place of a list is shared

_QUERY = tantivy.Query


class KeywordIndex:
    """An inverted index in a folder, mapped into memory.

    One thread writes, and what is merged is waited for: so the same documents make the
    same index. Changes are seen from the next `refresh` on.

    Parameters
    ----------
    folder : path             of an index that was built there
    boosts : what a match counts in the title and in the body

    Raises
    ------
    ValueError                if there is no index
    """

    def __init__(
        self, folder: str | Path, boosts: dict[str, float] | None = None
    ) -> None:
        if not (Path(folder).is_dir() and tantivy.Index.exists(str(folder))):
            raise ValueError(f"no index in {folder}; make one: `KeywordIndex.build`")
        self.folder = Path(folder)
        self.boosts = dict(boosts or BOOSTS)
        self._index = tantivy.Index.open(str(folder))
        self._index.config_reader("manual")
        self._writer: Any = None
        self._kept: TemporaryDirectory[str] | None = None
        self._seen()
        self._next = self._last() + 1

    @classmethod
    def build(
        cls,
        documents: Documents,
        folder: str | Path | None = None,
        boosts: dict[str, float] | None = None,
    ) -> KeywordIndex:
        """Index a catalogue, in a folder or in a temporary one that goes with it.

        Raises
        ------
        ValueError                if the folder holds an index already
        """
        kept = TemporaryDirectory(prefix="keyword-") if folder is None else None
        place = Path(kept.name if kept else str(folder))
        place.mkdir(parents=True, exist_ok=True)
        if tantivy.Index.exists(str(place)):
            raise ValueError(f"{place} holds an index already; remove it, or open it")
        tantivy.Index(_schema(), str(place), sort_by_field="number")
        made = cls(place, boosts)
        made._kept = kept
        made._writer = made._index.writer(HEAP, 1)
        made.add(documents)
        made.refresh()
        return made

    def reopened(self, below: int) -> KeywordIndex:
        """The same folder anew, cut to documents below a number; this one stays."""
        other = KeywordIndex(self.folder, self.boosts)
        other._kept = self._kept
        if other._next > below:
            other.remove(np.arange(below, other._next))
        other._next = below
        return other

    def __len__(self) -> int:
        """Documents that a search can find."""
        return int(self._searcher.num_docs)

    @property
    def n_segments(self) -> int:
        """Parts of the index; each adds to the cost of a search."""
        return int(self._searcher.num_segments)

    @property
    def n_bytes(self) -> int:
        """Of the folder."""
        return sum(file.stat().st_size for file in self.folder.iterdir())

    def add(self, documents: Documents, ids: ArrayLike | None = None) -> Ids:
        """Take documents in, under the next free numbers or the ids given.

        Under an id that is there already, the new text replaces the old.

        Returns
        -------
        ids : (n,) int32

        Raises
        ------
        ValueError                for ids below zero, twice, or not one a document
        """
        n = len(documents)
        new = np.arange(self._next, self._next + n) if ids is None else np.asarray(ids)
        if new.shape != (n,) or (new < 0).any() or len(np.unique(new)) < n:
            raise ValueError(
                f"give each of {n:,} documents an id of its own, from 0 on"
            )
        if ids is not None:
            self.remove(new)
        writer, texts = self._writing(), (documents.title.texts, documents.body.texts)
        for number, title, body in zip(
            new.tolist(), *(t() for t in texts), strict=True
        ):
            document = tantivy.Document()
            document.add_text("title", title)
            document.add_text("body", body)
            document.add_unsigned("number", number)
            writer.add_document(document)
        self._next = max(self._next, int(new.max(initial=-1)) + 1)
        return new.astype(np.int32)

    def remove(self, ids: ArrayLike) -> None:
        """Drop documents; ids that are not there are no error."""
        # Not by `delete_documents_by_term`: it takes the number for a signed one, finds
        # no such term, and says nothing.
        numbers = np.asarray(ids).tolist()
        asked = _QUERY.term_set_query(self._index.schema, "number", numbers)
        self._writing().delete_documents_by_query(asked)

    def refresh(self) -> None:
        """Make all changes so far visible: write, merge, read anew."""
        if self._writer is not None:
            self._writer.commit()
            self._writer.wait_merging_threads()
            self._writer = None
        self._seen()

    def search(
        self, query: Query, k: int, *, match: Match = "any", enough: int = 1
    ) -> tuple[Ids, Floats]:
        """At most `k` ids, best first, and their scores; ties by smaller id.

        Parameters
        ----------
        match : how many terms a document must have: all, most (two of three, three of
            four, four of five) or any
        enough : if fewer documents are found, fewer terms will do: most, then any

        Raises
        ------
        ValueError                if `k` < 1, or a weight is not positive
        """
        if k < 1:
            raise ValueError(f"`k` must be at least 1, not {k}")
        terms = [self._parts(term) for term in query.terms]
        often = [self._often(term) for term in query.terms]
        found: list[tuple[float, int]] = []
        for n in needed(match, len(terms)):
            found = self._best(at_least(n, terms, often), k)
            if len(found) >= min(enough, k):
                break
        ids = np.array([number for _, number in found], np.int32)
        return ids, np.array([score for score, _ in found], np.float32)

    def search_many(
        self,
        queries: Sequence[Query],
        k: int,
        *,
        match: Match = "any",
        enough: int = 1,
    ) -> tuple[Ids, Floats]:
        """(n, k) ids and scores of many queries; -1 and -inf where nothing is left."""
        ids = np.full((len(queries), k), -1, np.int32)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        for row, query in enumerate(queries):
            found, told = self.search(query, k, match=match, enough=enough)
            ids[row, : len(found)], scores[row, : len(found)] = found, told
        return ids, scores

    def _parts(self, term: Term) -> list[Any]:
        """For each field, the best of a word and its synonyms."""
        if not term.word.split():
            raise ValueError("a term needs a word")
        ways = [(term.word, 1.0), *term.synonyms]
        return [
            best_of([self._way(name, *way, term.weight) for way in ways])
            for name in self.boosts
        ]

    def _often(self, term: Term) -> int:
        """About how many documents have a term, in either field."""
        ways = [term.word, *(text for text, _ in term.synonyms)]
        count = self._searcher.doc_freq
        return sum(
            min(count(name, word) for word in text.split())
            for text in ways
            for name in self.boosts
        )

    def _way(self, field: str, text: str, weight: float, of_term: float) -> Any:
        """A word, or a phrase of several, in one field."""
        counts = weight * of_term
        if not (isfinite(counts) and counts > 0):
            raise ValueError(f"the weight of {text!r} must be positive, not {counts}")
        words, schema = text.split(), self._index.schema
        if len(words) > 1:
            asked = _QUERY.phrase_query(schema, field, words)
        else:
            asked = _QUERY.term_query(schema, field, words[0])
        return _QUERY.boost_query(asked, self.boosts[field] * counts)

    def _best(self, asking: Any, k: int) -> list[tuple[float, int]]:
        """The `k` best scores and numbers.

        Within a segment documents lie by number, and the engine prefers the first of
        equals. Among several segments it may not: then all that share the last place
        are looked at.
        """
        limit = k
        while True:
            wider = limit + (self.n_segments > 1)
            hits = self._searcher.search(asking, wider, count=False).hits
            if len(hits) <= k or hits[-1][0] < hits[k - 1][0] or limit >= MOST_TIES:
                break
            limit *= 4
        numbers = self._searcher.fast_field_values("number", [at for _, at in hits])
        pairs = zip((score for score, _ in hits), numbers, strict=True)
        return sorted(pairs, key=lambda pair: (-pair[0], pair[1]))[:k]

    def _writing(self) -> Any:
        if self._writer is None:
            self._writer = self._index.writer(SMALL_HEAP, 1)
        return self._writer

    def _seen(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()

    def _last(self) -> int:
        """The largest number in the index, or -1."""
        ask = {"limit": 1, "order_by_field": "number"}
        hits = self._searcher.search(_QUERY.all_query(), **ask).hits
        return int(hits[0][0]) if hits else -1


def _schema() -> Any:
    """Title and body in analysed words, and the document's number."""
    builder = tantivy.SchemaBuilder()
    for name in BOOSTS:
        builder.add_text_field(name, tokenizer_name="whitespace")
    builder.add_unsigned_field("number", indexed=True, fast=True)
    return builder.build()
