"""A shop's tables as a search engine takes them: documents, words, understanding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .analysis import Analyser
from .attributes import Gazetteer
from .dense import embed
from .documents import CodedColumn, Documents, Floats, Ids, Tokens
from .spelling import Speller, WordCounts
from .synonyms import parse
from .understanding import Understanding

DAY = 86_400
FIELDS = ("brand", "category", "colour", "material", "size")
NUMBERS = ("price", "margin", "rating", "n_ratings", "sold", "in_stock")
WIDTH = 128  # of the titles' vectors: half the numbers, nearly all of the meaning
_OFTEN = 5  # searches that a query needs before its words are believed


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
        texts = _analysed(products.slice(known), analyser)
        vector = embed(titles[known:], WIDTH).astype(np.float16)
        if before is not None:
            plain = Documents(before.documents.title, before.documents.body)
            texts = plain.then(texts)
            vector = np.concatenate([before.vector, vector])
        columns = {name: _coded(products[name]) for name in FIELDS}
        numbers = _numbers(products, day)
        documents = Documents(texts.title, texts.body, columns, numbers)
        return cls(documents, titles, vector)

    def then(self, later: Catalogue) -> Catalogue:
        """These products, and later ones after them."""
        documents = self.documents.then(later.documents)
        vector = np.concatenate([self.vector, later.vector])
        return Catalogue(documents, [*self.titles, *later.titles], vector)

    @cached_property
    def categories(self) -> list[str]:
        """The category of each product, as filed."""
        return self.documents.fields["category"].told()


def _analysed(products: pa.Table, analyser: Analyser) -> Documents:
    """Titles and descriptions as tokens of one vocabulary."""
    n = products.num_rows
    texts = [products[c].to_pylist() for c in ("title", "description")]
    cut = analyser.tokens_of([*texts[0], *texts[1]])
    middle = cut.start[n]
    title = Tokens(cut.code[:middle], cut.start[: n + 1], cut.vocabulary)
    body = Tokens(cut.code[middle:], cut.start[n:] - middle, cut.vocabulary)
    return Documents(title, body)


def _coded(column: pa.ChunkedArray) -> CodedColumn:
    told = column.combine_chunks().dictionary_encode()
    code = pc.fill_null(told.indices, -1).to_numpy(zero_copy_only=False)
    return CodedColumn(code.astype(np.int32), tuple(told.dictionary.to_pylist()))


def _numbers(products: pa.Table, day: int) -> Mapping[str, Floats]:
    made = {
        name: products[name].to_numpy(zero_copy_only=False).astype(np.float32)
        for name in NUMBERS
    }
    age = day - products["listed_at"].to_numpy() / DAY
    return made | {"age_days": age.astype(np.float32).clip(0)}


@dataclass(frozen=True, slots=True)
class QueryLog:
    """A log's distinct queries."""

    query_id: Ids  # (q,)
    text: Sequence[str]  # as typed
    times: NDArray[np.int64]  # (q,) searches

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
