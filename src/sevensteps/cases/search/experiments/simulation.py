"""A shop whose future can be run under one policy after another."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.query import Understanding
from sevensteps.cases.search.engine.shop import Catalogue, QueryLog, understanding
from sevensteps.cases.search.world import (
    PLACES,
    History,
    Outcome,
    Pages,
    Requests,
    SearchWorld,
    View,
)
from sevensteps.rank.rankers import Ranker
from sevensteps.rank.text import Analyser
from sevensteps.simulate import Simulation

LISTED = 60  # products of a query that are kept, before rules of the page
POOL = 50  # products that a source brings in a small world: enough for its pages
SUMS = ("sessions", "satisfied", "searches", "clicks", "bought", "revenue", "margin")
Ids = NDArray[np.int32]


def stock_last(lists: Ids, view: View) -> Ids:
    """What cannot be delivered today goes behind what can; otherwise the same order."""
    gone = ~view.products["in_stock"].to_numpy(zero_copy_only=False)
    late = np.where(lists >= 0, gone[np.maximum(lists, 0)], 2)
    return np.take_along_axis(lists, np.argsort(late, axis=1, kind="stable"), axis=1)


def _unanswered(n_queries: int) -> Ids:
    """(n, LISTED) lists of queries that nobody has asked yet."""
    return np.full((n_queries, LISTED), -2, np.int32)


@dataclass
class EnginePolicy:
    """An engine in production. A query's list is made once for each index.

    A copy goes without the index, since an open one cannot be copied: it builds its own
    on its first day.

    Parameters
    ----------
    start : products that are read already
    understanding : how queries are understood
    sources, pool : of candidates, and how many each may bring
    every : days between two builds; by then new products are not found
    arrange : rules of the page, with today's stock
    """

    start: Catalogue
    understanding: Understanding
    ranker: Ranker | None
    sources: tuple[str, ...]
    pool: int
    every: int = 7
    arrange: Callable[[Ids, View], Ids] = stock_last
    _built_on: int | None = field(default=None, repr=False)
    _engine: Engine | None = field(default=None, repr=False)
    _lists: Ids = field(default_factory=lambda: _unanswered(0), repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """All but what belongs to the index."""
        fresh = {"_built_on": None, "_engine": None, "_lists": _unanswered(0)}
        return vars(self) | fresh

    def __call__(self, requests: Requests, view: View) -> Pages:
        """(n,) requests -> (n, PLACES) products."""
        return Pages.fixed(self.listed(requests, view)[:, :PLACES])

    def listed(self, requests: Requests, view: View) -> Ids:
        """(n, LISTED) the whole list that a page is the beginning of; -1 fills up."""
        if self._built_on is None or view.day >= self._built_on + self.every:
            self._engine, self._built_on = self.build(view), view.day
            self._lists = _unanswered(view.queries.num_rows)
        assert self._engine is not None
        query = np.unique(requests.query_id)
        new = query[self._lists[query, 0] == -2]
        if len(new):
            texts = view.queries["text"].take(pa.array(new)).to_pylist()
            self._lists[new] = self._engine.lists(texts, LISTED)
        return self.arrange(self._lists[requests.query_id], view)

    def build(self, view: View) -> Engine:
        """An engine of all that the company sees."""
        reads = self.understanding
        now = Catalogue.of(view.products, view.day, reads.analyser, self.start)
        made = Engine.of(now, reads, self.ranker, sources=self.sources)
        return replace(made, pool=self.pool)


@dataclass(frozen=True)
class SearchSimulation(Simulation[SearchWorld, History, Outcome]):
    """A search world after its past, and what the shop knows by then."""

    @classmethod
    def after(cls, world: SearchWorld, history: History | None = None) -> Self:
        """After a world's usual past, or another one."""
        return cls(world, history or world.history())

    @cached_property
    def analyser(self) -> Analyser:
        """Cuts texts into tokens."""
        return Analyser()

    @cached_property
    def catalogue(self) -> Catalogue:
        """Products at the end of the past."""
        return Catalogue.of(self.history.products, self.history.days, self.analyser)

    @cached_property
    def asked(self) -> QueryLog:
        """The past's queries, the most frequent first."""
        return QueryLog.of(self.history.searches, self.history.queries)

    @cached_property
    def true_need(self) -> NDArray[np.int32]:
        """(queries,) what each is asked for, which only the world knows."""
        need: NDArray[np.int32] = self.world.true_queries().true_need.to_numpy()
        return need

    @cached_property
    def understanding(self) -> Understanding:
        """Query understanding with all its parts, from the past."""
        synonyms = self.history.synonyms
        return understanding(self.catalogue, self.analyser, self.asked, synonyms)

    @cached_property
    def engine(self) -> Engine:
        """Keywords and vectors, joined by reciprocal ranks; no ranker."""
        return Engine.of(self.catalogue, self.understanding)

    def texts(self, query_id: NDArray[np.integer]) -> list[str]:
        """What was typed for each query."""
        typed: list[str] = self.history.queries["text"].take(query_id).to_pylist()
        return typed

    def policy(
        self,
        ranker: Ranker | None = None,
        *,
        reads: Understanding | None = None,
        sources: tuple[str, ...] = ("keyword", "dense"),
        every: int = 7,
        pool: int = POOL,
    ) -> EnginePolicy:
        """An engine that builds its index anew every so many days.

        Parameters
        ----------
        reads : how queries are understood; as the past teaches when absent
        pool : products that each source may bring
        """
        reads = reads or self.understanding
        return EnginePolicy(self.catalogue, reads, ranker, sources, pool, every)

    def per_unit_totals(self, outcome: Outcome) -> pd.DataFrame:
        """(shoppers, len(SUMS)) over an outcome's days; zeros for who never came."""
        sessions, n = outcome.sessions, outcome.shoppers.num_rows
        who = sessions.shopper_id.to_numpy()
        each = sessions.assign(sessions=1, satisfied=sessions.true_satisfied)
        return pd.DataFrame({c: np.bincount(who, each[c], minlength=n) for c in SUMS})
