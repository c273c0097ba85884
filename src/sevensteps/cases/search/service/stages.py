"""The parts of one answer, each a function of the state: the engine's own code."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sevensteps.cases.search.engine.engine import (
    Engine,
    Filters,
    PageRules,
    arranged,
    vectors,
)
from sevensteps.cases.search.engine.query import Query, Reading
from sevensteps.rank.text import Ids

from .live import EVERYTHING, State

DEEPER = 10  # times the pool is looked through if a filter will take most of it away
SHOWN = 60  # products of a list that no source found
STRETCH = 500  # bestsellers that are looked through first for what passes the filters
#: Parts of understanding that are done without when it is late.
MEANINGS = ("spelling", "synonyms", "attributes")
_RULES, _NOTHING = PageRules(), np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class ResultList:
    """A whole answer, before it is cut into pages.

    Attributes
    ----------
    ids : best first
    relaxed : fewer_words or by_meaning, if no product has all words; or None
    why : of an empty answer
    """

    ids: tuple[int, ...]
    relaxed: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class ByWords:
    """What the inverted index found, and whether anything has all the words."""

    ids: Ids  # (1, pool)
    complete: bool

    @property
    def relaxed(self) -> str | None:
        """How an answer departs from all words of the query."""
        if self.complete:
            return None
        return "fewer_words" if (self.ids >= 0).any() else "by_meaning"


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
    ids = _passing(state, _deeper(engine, filters).by_words([query]), filters)
    deep = DEEPER * engine.pool if filters else 1
    full, _ = engine.keyword.search(query, deep, match="all", enough=0)
    return ByWords(ids, bool(filters.passes(state.documents, full).any()))


def by_meaning(state: State, query: Query, filters: Filters) -> Ids | None:
    """(1, pool) the nearest titles, of what passes the filters."""
    if state.engine.dense is None:
        return None
    near = _deeper(state.engine, filters).by_meaning([query])
    return _passing(state, near, filters)


def _deeper(engine: Engine, filters: Filters) -> Engine:
    return replace(engine, pool=DEEPER * engine.pool) if filters else engine


def _passing(state: State, ids: Ids, filters: Filters) -> Ids:
    """(1, pool) a list without what does not pass."""
    if not filters:
        return ids
    row = ids[0][ids[0] >= 0]
    row = row[filters.passes(state.documents, row)][: state.engine.pool]
    return np.pad(row, (0, state.engine.pool - len(row)), constant_values=-1)[None]


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

    Of all, if nothing in that category passes the filters. More and more are looked at
    until enough pass.
    """
    found = [_NOTHING]
    for code in (_category(state, query, filters), EVERYTHING):
        ids, at, stretch = state.best.get(code, _NOTHING), 0, STRETCH
        while at < len(ids) and sum(map(len, found)) < SHOWN:
            some = ids[at : at + stretch]
            found.append(some[filters.passes(state.documents, some)])
            at, stretch = at + stretch, stretch * 10
        if sum(map(len, found)):
            break
    return np.concatenate(found)[:SHOWN]


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
    shown = tuple(arranged(query, ids, state.documents, _RULES))
    why = None
    if not shown and filters:
        why = "no product passes the filters; take one away"
    elif not shown:
        why = "no product may be shown"
    return ResultList(shown, relaxed, why)
