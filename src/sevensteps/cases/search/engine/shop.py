"""A shop's tables as a search engine takes them: products, and queries of the log.

A product is a document: tokens, coded columns and numbers, so that any feature of any
thousand products is a few gathers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.rank.dense import embed
from sevensteps.rank.mlp import Floats
from sevensteps.rank.phrases import Gazetteer, parse
from sevensteps.rank.spelling import Speller, WordCounts
from sevensteps.rank.text import Analyser, Ids, Longs, Tokens, Vocabulary, check_codes

from .query import Understanding

DAY = 86_400
FIELDS = ("brand", "category", "colour", "material", "size")
NUMBERS = ("price", "margin", "rating", "n_ratings", "sold", "in_stock")
WIDTH = 128  # of the titles' vectors: half the numbers, nearly all of the meaning
_OFTEN = 5  # searches that a query needs before its words are believed


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column of names as codes."""

    code: Ids  # (n,) -1 where nothing is told
    names: tuple[str, ...]  # of the codes

    def __post_init__(self) -> None:
        """Refuse codes without a name."""
        check_codes(self.code, -1, len(self.names))

    def then(self, later: CodedColumn) -> CodedColumn:
        """These rows, and later ones after them; new names at the end."""
        names = dict.fromkeys([*self.names, *later.names])
        place = {name: code for code, name in enumerate(names)}
        table = np.array([*(place[n] for n in later.names), -1], np.int32)
        return CodedColumn(np.concatenate([self.code, table[later.code]]), tuple(names))

    def told(self) -> list[str]:
        """The name of each row; "" where nothing is told."""
        names = [*self.names, ""]
        return [names[code] for code in self.code]


@dataclass(frozen=True, slots=True)
class Documents:
    """A catalogue; a document's number is its position."""

    title: Tokens
    body: Tokens  # of the same vocabulary
    fields: Mapping[str, CodedColumn] = field(default_factory=dict)  # brand, colour
    numbers: Mapping[str, Floats] = field(default_factory=dict)  # NaN where not told

    def __post_init__(self) -> None:
        """Refuse columns of another length, and a body of another vocabulary."""
        n, sizes = len(self.title), {"body": len(self.body)}
        sizes |= {name: len(column.code) for name, column in self.fields.items()}
        sizes |= {name: len(column) for name, column in self.numbers.items()}
        for name, size in sizes.items():
            if size != n:
                raise ValueError(f"`{name}` has {size:,} rows, but titles are {n:,}")
        if self.body.vocabulary is not self.title.vocabulary:
            raise ValueError("title and body need one vocabulary")

    def __len__(self) -> int:
        return len(self.title)

    @property
    def vocabulary(self) -> Vocabulary:
        """Of title and body."""
        return self.title.vocabulary

    def then(self, later: Documents) -> Documents:
        """These documents, and later ones with the same columns after them."""
        if [*self.fields, *self.numbers] != [*later.fields, *later.numbers]:
            raise ValueError("later documents must have the same columns")
        words = dict(self.vocabulary)
        for word in later.vocabulary:
            words.setdefault(word, len(words))
        fields, numbers = later.fields, later.numbers
        return Documents(
            self.title.then(later.title, words),
            self.body.then(later.body, words),
            {name: c.then(fields[name]) for name, c in self.fields.items()},
            {n: np.concatenate([c, numbers[n]]) for n, c in self.numbers.items()},
        )


@dataclass(frozen=True)
class Catalogue:
    """Products as documents; a document's number is the product's id."""

    documents: Documents  # analysed texts, coded columns and numbers
    titles: Sequence[str]  # as written
    vector: NDArray[np.float16]  # (n, WIDTH) of unit length, one for each title

    @classmethod
    def of(
        cls,
        products: pa.Table,
        day: int,
        analyser: Analyser,
        before: Catalogue | None = None,
    ) -> Catalogue:
        """From a shop's table of products, in order of their ids.

        Parameters
        ----------
        products : columns title, description, `FIELDS`, `NUMBERS`, listed_at
        day : on whose morning; ages are counted to it
        before : an earlier state: only products that it lacks are read anew
        """
        ids = products["product_id"].to_numpy()
        if not np.array_equal(ids, np.arange(len(ids))):
            raise ValueError("product_id must be 0, 1, 2, ... in this order")
        known = 0 if before is None else len(before.documents)
        titles = products["title"].to_pylist()
        new, text = titles[known:], products["description"][known:].to_pylist()
        cut, n = analyser.tokens_of([*new, *text]), len(new)
        texts = Documents(cut.take(np.arange(n)), cut.take(np.arange(n, 2 * n)))
        vector = embed(new, WIDTH).astype(np.float16)
        if before is not None:
            texts = Documents(before.documents.title, before.documents.body).then(texts)
            vector = np.concatenate([before.vector, vector])
        columns = {name: _coded(products[name]) for name in FIELDS}
        numbers = {
            name: products[name].to_numpy(zero_copy_only=False).astype(np.float32)
            for name in NUMBERS
        }
        age = day - products["listed_at"].to_numpy() / DAY
        numbers["age_days"] = age.astype(np.float32).clip(0)
        return cls(Documents(texts.title, texts.body, columns, numbers), titles, vector)

    def then(self, later: Catalogue) -> Catalogue:
        """These products, and later ones after them."""
        documents = self.documents.then(later.documents)
        vector = np.concatenate([self.vector, later.vector])
        return Catalogue(documents, [*self.titles, *later.titles], vector)

    @cached_property
    def categories(self) -> list[str]:
        """The category of each product, as filed."""
        return self.documents.fields["category"].told()


def _coded(column: pa.ChunkedArray) -> CodedColumn:
    told = column.combine_chunks().dictionary_encode()
    code = pc.fill_null(told.indices, -1).to_numpy(zero_copy_only=False)
    return CodedColumn(code.astype(np.int32), tuple(told.dictionary.to_pylist()))


@dataclass(frozen=True, slots=True)
class QueryLog:
    """A log's distinct queries."""

    query_id: Ids  # (q,)
    text: Sequence[str]  # as typed
    times: Longs  # (q,) searches

    @classmethod
    def of(cls, searches: pa.Table, queries: pa.Table) -> QueryLog:
        """From a shop's log and its table of queries, the most frequent first."""
        code, times = np.unique(searches["query_id"].to_numpy(), return_counts=True)
        order = np.argsort(-times, kind="stable")
        ids = code[order].astype(np.int32)
        return cls(ids, queries["text"].take(pa.array(ids)).to_pylist(), times[order])

    def often(self, least: int = _OFTEN) -> QueryLog:
        """Those that were asked at least so many times."""
        n = int((self.times >= least).sum())
        return QueryLog(self.query_id[:n], self.text[:n], self.times[:n])


def understanding(
    catalogue: Catalogue, analyser: Analyser, asked: QueryLog, synonyms: str
) -> Understanding:
    """All parts of query understanding, from what a shop has.

    Parameters
    ----------
    asked : the log's queries; their frequent words are known words
    synonyms : text of the merchandisers' file; `BrokenSynonyms` if it makes no sense
    """
    some, titles = asked.often(), catalogue.titles
    written = WordCounts.of(analyser.words_of(titles))
    typed = WordCounts.of(analyser.words_of(some.text), some.times)
    columns = {name: catalogue.documents.fields[name].told() for name in FIELDS}
    return Understanding(
        analyser,
        Speller.fit(written, typed),
        parse(synonyms, analyser),
        Gazetteer.fit(titles, catalogue.categories, columns, analyser),
    )
