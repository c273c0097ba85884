"""Keyword search: an inverted index with BM25, by tantivy.

A query reads only the documents that its own words point to. Their scores are sums over
its terms. A term may be met by its word or by any of its synonyms; in each field the
best of them counts, not their sum, so that a title does not gain by saying "sofa,
couch, settee".

Source: BM25, Robertson and Zaragoza, Foundations and Trends in IR 3 (2009); here with
k1 = 1.2 and b = 0.75, lengths of texts kept in one byte each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
import tantivy

from .mlp import Floats
from .text import Ids, Tokens

BOOSTS = MappingProxyType({"title": 2.0, "body": 1.0})
HEAP = 2_000_000_000  # bytes that a writer may use before it closes a segment
SMALL_HEAP = 100_000_000  # the same for additions
MOST_TIES = 1 << 16  # that are looked at when the last place of a list is shared
MOST_WAYS = 21  # to leave terms out that are written out: two of seven

Boosts = Mapping[str, float]
Match = Literal["all", "most", "any"]
_QUERY = tantivy.Query
_SHOULD, _MUST = tantivy.Occur.Should, tantivy.Occur.Must


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is asked for; a phrase has spaces between its tokens."""

    word: str  # token or phrase
    synonyms: tuple[tuple[str, float], ...] = ()  # others that will do, with weights

    @property
    def ways(self) -> tuple[tuple[str, float], ...]:
        """What will do, and what it counts: the own word, then the synonyms."""
        return ((self.word, 1.0), *self.synonyms)


class TermQuery(Protocol):
    """A query."""

    @property
    def terms(self) -> Sequence[Term]: ...


class TitledTexts(Protocol):
    """Documents."""

    @property
    def title(self) -> Tokens: ...
    @property
    def body(self) -> Tokens: ...


class KeywordIndex:
    """An inverted index in a folder, mapped into memory.

    Parameters
    ----------
    folder : of an index that was built there; a ValueError if there is none
    boosts : what a match counts in the title and in the body
    """

    def __init__(self, folder: str | Path, boosts: Boosts = BOOSTS) -> None:
        if not (Path(folder).is_dir() and tantivy.Index.exists(str(folder))):
            raise ValueError(f"no index in {folder}; make one: `KeywordIndex.build`")
        self.folder, self.boosts = Path(folder), dict(boosts)
        self._index = tantivy.Index.open(str(folder))
        self._index.config_reader("manual")
        self._searcher = self._index.searcher()
        self._kept: TemporaryDirectory[str] | None = None

    @classmethod
    def build(cls, documents: TitledTexts) -> KeywordIndex:
        """Index a catalogue, in a temporary folder that goes with the index."""
        kept, builder = TemporaryDirectory(prefix="keyword-"), tantivy.SchemaBuilder()
        for name in BOOSTS:
            builder.add_text_field(name, tokenizer_name="whitespace")
        builder.add_unsigned_field("number", indexed=True, fast=True)
        tantivy.Index(builder.build(), kept.name, sort_by_field="number")
        made = cls(kept.name)
        made._kept = kept
        made._write(documents, 0, HEAP)
        return made

    def grown(self, documents: TitledTexts, first: int) -> KeywordIndex:
        """The index with further documents, numbered from `first` on; this one stays.

        What a change that failed half-way left behind under these numbers goes.
        """
        other = KeywordIndex(self.folder, self.boosts)
        other._kept = self._kept
        other._write(documents, first, SMALL_HEAP)
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

    def search(
        self, query: TermQuery, k: int, *, match: Match = "any", enough: int = 1
    ) -> tuple[Ids, Floats]:
        """At most `k` ids, best first, and their scores; ties by smaller id.

        Parameters
        ----------
        match : how many terms a document must have: all, most (two of three, three of
            four, four of five) or any
        enough : if fewer documents are found, fewer terms will do: most, then any
        """
        if k < 1:
            raise ValueError(f"`k` must be at least 1, not {k}")
        terms = [self._parts(term) for term in query.terms]
        often = [self._often(term) for term in query.terms]
        ids, scores = np.empty(0, np.int32), np.empty(0, np.float32)
        for n in needed(match, len(terms)):
            ids, scores = self._best(_at_least(n, terms, often), k)
            if len(ids) >= min(enough, k):
                break
        return ids, scores

    def search_many(
        self,
        queries: Sequence[TermQuery],
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

    def _write(self, documents: TitledTexts, first: int, heap: int) -> None:
        """Add documents, merge, and read anew.

        One thread writes, and what is merged is waited for: so the same documents make
        the same index.
        """
        writer = self._index.writer(heap, 1)
        kind, last = tantivy.FieldType.Unsigned, 2**63
        beyond = _QUERY.range_query(self._index.schema, "number", kind, first, last)
        writer.delete_documents_by_query(beyond)
        texts = zip(documents.title.texts(), documents.body.texts(), strict=True)
        for number, (title, body) in enumerate(texts, first):
            document = tantivy.Document()
            document.add_text("title", title)
            document.add_text("body", body)
            document.add_unsigned("number", number)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def _parts(self, term: Term) -> list[Any]:
        """For each field, the best of a word and its synonyms."""
        return [_best_of([self._way(n, *w) for w in term.ways]) for n in self.boosts]

    def _often(self, term: Term) -> int:
        """About how many documents have a term, in either field."""
        count = self._searcher.doc_freq
        return sum(
            min(count(name, word) for word in text.split())
            for text, _ in term.ways
            for name in self.boosts
        )

    def _way(self, field: str, text: str, weight: float) -> Any:
        """A word, or a phrase of several, in one field."""
        words, schema = text.split(), self._index.schema
        if len(words) > 1:
            asked = _QUERY.phrase_query(schema, field, words)
        else:
            asked = _QUERY.term_query(schema, field, words[0])
        return _QUERY.boost_query(asked, self.boosts[field] * weight)

    def _best(self, asking: Any, k: int) -> tuple[Ids, Floats]:
        """The `k` best numbers, and their scores.

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
        ids = np.array(numbers, np.int32)
        scores = np.array([score for score, _ in hits], np.float32)
        order = np.lexsort((ids, -scores))[:k]
        return ids[order], scores[order]


def needed(match: Match, n: int) -> list[int]:
    """How many of `n` terms must be there: the number asked for, then looser ones.

    >>> needed("most", 5), needed("all", 2), needed("most", 0)
    ([4, 1], [2, 1], [])
    """
    most = n - n // 3
    steps = {"all": {n, most, 1}, "most": {most, 1}, "any": {1}}
    if match not in steps:
        raise ValueError(f"`match` must be all, most or any, not {match!r}")
    return sorted(steps[match], reverse=True) if n else []


def _best_of(ways: Sequence[Any]) -> Any:
    """What meets one of some clauses, by its best score."""
    return ways[0] if len(ways) == 1 else _QUERY.disjunction_max_query(list(ways))


def _at_least(n: int, terms: Sequence[Sequence[Any]], often: Sequence[int]) -> Any:
    """Documents with `n` of some terms' clauses; all that they have add to their score.

    Three ways, each where it is fast. For any term, one flat sum: if all its parts are
    plain words, what cannot reach the top is skipped. For all terms but few, these
    combinations written out: each is led by its two rarest terms. Else the terms of
    each document are counted, which reads every document of every term.
    """
    if n == 1:
        return _QUERY.boolean_query([(_SHOULD, part) for t in terms for part in t])
    each = [_QUERY.boolean_query([(_SHOULD, part) for part in t]) for t in terms]
    if not _is_led(n, often):
        counted = [(_SHOULD, term) for term in each]
        return _QUERY.boolean_query(counted, minimum_number_should_match=n)
    places = range(len(each))
    written = [
        [(_SHOULD if at in spared else _MUST, each[at]) for at in places]
        for spared in combinations(places, len(each) - n)
    ]
    return _best_of([_QUERY.boolean_query(one) for one in written])


def _is_led(n: int, often: Sequence[int]) -> bool:
    """Whether all ways to have `n` terms, written out, read less than counting does."""
    if n == len(often):
        return True
    if n < 3 or comb(len(often), n) > MOST_WAYS:
        return False
    ways = combinations(sorted(often), n)
    return 2 * sum(one + other for one, other, *_ in ways) < sum(often)
