"""What a search is answered from, and the parts of one answer: the engine's own code.

Every change makes a new state and puts it in place of the old one at once. A request
keeps the state that it began with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from sevensteps.cases.search.engine.engine import (
    Engine,
    Filters,
    PageRules,
    arranged,
    vectors,
)
from sevensteps.cases.search.engine.query import Query, Reading
from sevensteps.cases.search.engine.shop import FIELDS, Catalogue, Documents
from sevensteps.rank.text import Ids
from sevensteps.serve.bundle import read_bundle

from .bundle import ENGINE, engine_of

EVERYTHING = -1  # stands for no category
DEEPER = 10  # times the pool is looked through if a filter will take most of it away
SHOWN = 60  # products of a list that no source found
STRETCHES = 500, 5_000, 50_000, None  # bestsellers that filters are tried on, in turn
#: Parts of understanding that are done without when it is late.
MEANINGS = ("spelling", "synonyms", "attributes")
_RULES, _NOTHING = PageRules(), np.empty(0, np.int32)
_NEW = pa.schema(  # of a shop's table, for products that are unrated and unsold
    [(name, pa.string()) for name in ("title", "description", *FIELDS)]
    + [(name, pa.float32()) for name in ("price", "margin", "rating")]
    + [(name, pa.int32()) for name in ("product_id", "n_ratings", "sold", "listed_at")]
    + [("in_stock", pa.bool_())]
)


@dataclass(frozen=True)
class State:
    """All that one request needs."""

    engine: Engine
    #: Code of a category, or `EVERYTHING`, to its products, bestsellers first.
    best: Mapping[int, Ids]
    topics: tuple[str, ...]  # categories that queries are told apart by, sorted
    version: int = 0  # grows with every change

    @classmethod
    def of(cls, engine: Engine) -> State:
        """An engine, with what sells best in its catalogue."""
        topics = tuple(sorted(set(engine.catalogue.categories)))
        return cls(engine, bestsellers(engine.catalogue.documents), topics)

    @property
    def documents(self) -> Documents:
        """The catalogue."""
        return self.engine.catalogue.documents


def bestsellers(documents: Documents) -> dict[int, Ids]:
    """The products of each category and of all, what sells best first."""
    order = np.argsort(-documents.numbers["sold"], kind="stable").astype(np.int32)
    column = documents.fields["category"]
    code = column.code[order]
    by = np.argsort(code, kind="stable")
    edges = np.searchsorted(code[by], np.arange(len(column.names) + 1))
    lists = [order[by[a:b]] for a, b in pairwise(edges)]
    return {EVERYTHING: order} | dict(enumerate(lists))


class Live:
    """The state of a bundle's engine; a `ModelError` if that must not be served."""

    def __init__(self, bundle: Path) -> None:
        told, work = read_bundle(bundle, ENGINE), TemporaryDirectory(prefix="search-")
        self.state = State.of(engine_of(told, work.name))
        self.bundle: str = told.version()
        self.changed_at: float = told.facts["exported_at"]
        self.lag_s = 0.0  # of the last new products, until they could be found
        self.close = work.cleanup  # the copy of the index goes

    @property
    def index_age_s(self) -> float:
        """Since the bundle was written, or products came in."""
        return time.time() - self.changed_at

    def add(self, products: Iterable[Any], came: float) -> range:
        """Take in new products, sent at `came` by `perf_counter`; their numbers.

        One call at a time. Topics stay those that the queries' reader was taught.
        """
        old, new = self.state, {"n_ratings": 0, "sold": 0, "listed_at": 0}
        rows = [{**dict(row), **new, "product_id": n} for n, row in enumerate(products)]
        table, reads = pa.Table.from_pylist(rows, _NEW), old.engine.understanding
        engine = old.engine.grown(Catalogue.of(table, 0, reads.analyser))
        best = bestsellers(engine.catalogue.documents)
        self.state = State(engine, best, old.topics, old.version + 1)
        self.changed_at, self.lag_s = time.time(), time.perf_counter() - came
        return range(len(old.documents), len(engine.catalogue.documents))


@dataclass(frozen=True, slots=True)
class ResultList:
    """A whole answer, before it is cut into pages."""

    ids: tuple[int, ...]  # best first
    relaxed: str | None = None  # fewer_words or by_meaning, if nothing has all words
    why: str | None = None  # of an empty answer


@dataclass(frozen=True, slots=True)
class ByWords:
    """What the inverted index found."""

    ids: Ids  # (1, pool)
    relaxed: str | None  # as a result list has it


def word_for_word(state: State, text: str) -> Reading:
    """A query as it was typed, when it cannot be understood in time.

    Prices and negations are still taken out of the words: that is cheap, and a word for
    a limit is no word of a product. What breaks here, too, asks for nothing.
    """
    try:
        return state.engine.understanding.without(*MEANINGS).reading(text)
    except Exception:
        return Reading(Query(text, ()))


def by_words(state: State, query: Query, filters: Filters) -> ByWords | None:
    """The inverted index's list of a query, of what passes the filters."""
    engine = state.engine
    if engine.keyword is None:
        return None
    ids = _passing(state, filters, lambda deep: deep.by_words([query]))
    n = DEEPER * engine.pool if filters else 1
    full, _ = engine.keyword.search(query, n, match="all", enough=0)
    if filters.passes(state.documents, full).any():
        return ByWords(ids, None)
    return ByWords(ids, "fewer_words" if (ids >= 0).any() else "by_meaning")


def by_meaning(state: State, query: Query, filters: Filters) -> Ids | None:
    """(1, pool) the nearest titles, of what passes the filters."""
    if state.engine.dense is None:
        return None
    return _passing(state, filters, lambda deep: deep.by_meaning([query]))


def _passing(state: State, filters: Filters, source: Callable[[Engine], Ids]) -> Ids:
    """(1, pool) a source's list, or what of a deeper one passes the filters."""
    engine = state.engine
    if not filters:
        return source(engine)
    ids = source(replace(engine, pool=DEEPER * engine.pool))[0]
    ids = ids[ids >= 0]
    ids = ids[filters.passes(state.documents, ids)][: engine.pool]
    return np.pad(ids, (0, engine.pool - len(ids)), constant_values=-1)[None]


def ranked(state: State, query: Query, lists: Mapping[str, Ids]) -> Ids:
    """(k,) the union of the sources, best first by the ranker; -1 is left out."""
    ids = state.engine.ordered([query], state.engine.joined(lists))[0]
    return ids[ids >= 0]


def nearest(state: State, query: Query, filters: Filters) -> Ids:
    """The nearest of all products that pass, each looked at."""
    every = np.arange(len(state.documents), dtype=np.int32)
    some = every[filters.passes(state.documents, every)]
    vector = state.engine.catalogue.vector[some].astype(np.float32)
    near = vector @ vectors([query])[0]
    return some[np.argsort(-near, kind="stable")[:SHOWN]]


def popular(state: State, query: Query, filters: Filters) -> Ids:
    """Bestsellers of the category that is asked for, or guessed from the words.

    Of all, if nothing in that category passes the filters.
    """
    found, codes = _NOTHING, (_category(state, query, filters), EVERYTHING)
    for code, n in product(codes, STRETCHES):
        some = state.best.get(code, _NOTHING)[:n]
        found = some[filters.passes(state.documents, some)]
        if len(found) >= SHOWN or (n is None and len(found)):
            break
    return found[:SHOWN]


def _category(state: State, query: Query, filters: Filters) -> int:
    """Code of the category that a request is about; `EVERYTHING` if nothing tells."""
    names = state.documents.fields["category"].names
    ticked = dict(filters.values).get("category", ())
    if len(ticked) > 1:  # the filter itself keeps to them
        return EVERYTHING
    asked = [value for name, value in query.attributes if name == "category"]
    for name in (*ticked, *asked, _topic(state, query)):
        if name in names:
            return names.index(name)
    return EVERYTHING


def _topic(state: State, query: Query) -> str:
    gazetteer = state.engine.understanding.gazetteer
    if gazetteer is None:
        return ""
    try:
        told = gazetteer.about([w for words in query.words for w in words.split()])
    except Exception:  # a guess must not cost the answer
        return ""
    return "" if told is None else state.topics[told]


def arranged_list(
    state: State, query: Query, filters: Filters, ids: Ids, relaxed: str | None
) -> ResultList:
    """A list as an answer, after the rules of the page."""
    if shown := tuple(arranged(query, ids, state.documents, _RULES)):
        return ResultList(shown, relaxed)
    why = "passes the filters; take one away" if filters else "may be shown"
    return ResultList(shown, relaxed, f"no product {why}")
