"""A shop whose future can be run under one policy after another, and such policies.

One is an engine; one remembers clicks; one lets two policies share a page. What text
cannot tell, clicks can: which of a thousand products make washing day easier. But a
shop only learns about what it shows. So it may follow what it believes, or draw from
what it does not know yet.

Source: Thompson, Biometrika 25 (1933); for ranking by clicks that are corrected for
position, Lagrée, Vernade and Cappé, NeurIPS (2016).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Self

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
    Policy,
    Requests,
    SearchWorld,
    View,
)
from sevensteps.measure import team_draft
from sevensteps.rank.rankers import Ranker
from sevensteps.rank.text import Analyser
from sevensteps.simulate import Simulation

LISTED = 60  # products of a query that are kept, before rules of the page
POOL = 50  # products that a source brings in a small world: enough for its pages
SUMS = ("sessions", "satisfied", "searches", "clicks", "bought", "revenue", "margin")
Ids = NDArray[np.int32]
Floats = NDArray[np.float64]


def table_of(column: pa.ChunkedArray) -> NDArray[Any]:
    """(n, PLACES) a column of lists, as the log keeps its pages."""
    flat = column.combine_chunks().flatten()
    return flat.to_numpy(zero_copy_only=False).reshape(-1, PLACES)


def device_of(searches: pa.Table) -> NDArray[np.int8]:
    """(n,) of each search, as a number in `DEVICES`."""
    code: NDArray[np.int8] = searches["device"].combine_chunks().indices.to_numpy()
    return code


def stock_last(lists: Ids, view: View) -> Ids:
    """What cannot be delivered today goes behind what can; otherwise the same order."""
    gone = ~view.products["in_stock"].to_numpy(zero_copy_only=False)
    late = np.where(lists >= 0, gone[np.maximum(lists, 0)], 2)
    return np.take_along_axis(lists, np.argsort(late, axis=1, kind="stable"), axis=1)


@dataclass
class EnginePolicy:
    """An engine in production. A query's list is made once for each index.

    A copy goes without the index, since an open one cannot be copied: it builds its own
    on its first day.
    """

    start: Catalogue  # products that are read already
    understanding: Understanding  # of queries
    ranker: Ranker | None
    sources: tuple[str, ...] = ("keyword", "dense")  # of candidates
    pool: int = POOL  # candidates that each source may bring
    every: int = 7  # days between two builds; by then new products are not found
    arrange: Callable[[Ids, View], Ids] = stock_last  # rules of the page
    # The day of the last build, its engine, and its (queries, LISTED) lists.
    _built: tuple[int, Engine, Ids] | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """All but what belongs to the index."""
        return vars(self) | {"_built": None}

    def __call__(self, requests: Requests, view: View) -> Pages:
        """(n,) requests -> (n, PLACES) products."""
        return Pages.fixed(self.listed(requests, view)[:, :PLACES])

    def listed(self, requests: Requests, view: View) -> Ids:
        """(n, LISTED) the whole list that a page is the beginning of; -1 fills up."""
        if self._built is None or view.day >= self._built[0] + self.every:
            unasked = np.full((view.queries.num_rows, LISTED), -2, np.int32)
            self._built = view.day, self.build(view), unasked
        _, engine, lists = self._built
        query = np.unique(requests.query_id)
        new = query[lists[query, 0] == -2]
        if len(new):
            texts = view.queries["text"].take(pa.array(new)).to_pylist()
            lists[new] = engine.lists(texts, LISTED)
        return self.arrange(lists[requests.query_id], view)

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
    def true_need(self) -> Ids:
        """(queries,) what each is asked for, which only the world knows."""
        return self.world.true_queries().true_need.to_numpy(np.int32)

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
        **how: Any,
    ) -> EnginePolicy:
        """An engine in production; `how` holds `sources`, `every` and `pool`.

        The past teaches how queries are understood, unless `reads` does it.
        """
        reads = reads or self.understanding
        return EnginePolicy(self.catalogue, reads, ranker, **how)

    def per_unit_totals(self, outcome: Outcome) -> pd.DataFrame:
        """(shoppers, len(SUMS)) over an outcome's days; zeros for who never came."""
        sessions, n = outcome.sessions, outcome.shoppers.num_rows
        who = sessions.shopper_id.to_numpy()
        each = sessions.assign(sessions=1, satisfied=sessions.true_satisfied)
        return pd.DataFrame({c: np.bincount(who, each[c], minlength=n) for c in SUMS})


@dataclass
class RememberingPolicy:
    """An engine's lists, ordered anew by what was clicked for the same query.

    It follows "counts": what was clicked most comes first; "rates": what has most
    clicks an examination; or "draws": a draw from what is believed of each rate.
    """

    base: EnginePolicy  # whose lists
    usual: (
        Floats  # (LISTED,) clicks an examination, of each position of the base's list
    )
    curves: Floats  # (devices, PLACES) examination, relative to the first position
    follows: Literal["counts", "rates", "draws"] = "rates"
    strength: float = 4.0  # examinations that `usual` counts as, for each pair
    seed: int = 0  # of the draws
    _pairs: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _seen: Floats = field(default_factory=lambda: np.empty((2, 0)))  # clicks, exposure
    _day: int = -1

    def __call__(self, requests: Requests, view: View) -> Pages:
        """(n,) requests -> (n, PLACES) products."""
        last, self._day = self._day, view.day
        if 0 <= last != view.day and view.log is not None:
            self._learn(view.log)
        lists = self.base.listed(requests, view)
        worth = np.where(lists >= 0, self._worth(requests.query_id, lists), -1.0)
        order = np.argsort(-worth, axis=1, kind="stable")
        best = stock_last(np.take_along_axis(lists, order, axis=1), view)
        return Pages.fixed(best[:, :PLACES])

    def _worth(self, query: Ids, lists: Ids) -> Floats:
        clicks, exposure = self._known(query, lists)
        if self.follows == "counts":
            return clicks
        yes = clicks + self.strength * self.usual
        no = np.maximum(exposure - clicks, 0) + self.strength * (1 - self.usual)
        if self.follows == "draws":
            return np.random.default_rng([self.seed, self._day]).beta(yes, no)
        return np.asarray(yes / (yes + no))

    def _learn(self, log: pa.Table) -> None:
        """Take yesterday's pages in: clicks and exposure of each pair."""
        shown = table_of(log["shown"])
        row, position = np.nonzero(shown >= 0)
        pair = _pair(log["query_id"].to_numpy()[row], shown[row, position])
        clicks = table_of(log["clicked"])[row, position]
        exposure = self.curves[device_of(log)[row], position]
        both = np.hstack([self._seen, np.stack([clicks, exposure])])
        every = np.r_[self._pairs, pair]
        self._pairs, code = np.unique(every, return_inverse=True)
        self._seen = np.stack([np.bincount(code, each) for each in both])

    def _known(self, query: Ids, lists: Ids) -> Floats:
        """(2, n, LISTED) clicks and exposure of each pair; zeros for a new one."""
        pair = pd.Index(_pair(query[:, None], lists).ravel())
        at = pd.Index(self._pairs).get_indexer(pair).reshape(lists.shape)
        return np.c_[self._seen, np.zeros(2)][:, at]  # -1 points to the zeros


def _pair(query: Ids, product: Ids) -> NDArray[np.int64]:
    return query.astype(np.int64) * (1 << 31) + product


@dataclass
class InterleavedPolicy:
    """Both policies answer every search; a team draft makes one page of the two."""

    a: Policy
    b: Policy
    seed: int = 0  # of the draft's random numbers
    _teams: list[tuple[NDArray[np.int64], NDArray[np.int8]]] = field(
        default_factory=list, repr=False
    )

    def __call__(self, requests: Requests, view: View) -> Pages:
        """(n,) requests -> (n, PLACES) products, and a note of whose each is."""
        pages = [policy(requests, view).product_id for policy in (self.a, self.b)]
        made = team_draft(*pages, seed=self.seed + len(self._teams))
        self._teams.append((requests.search_id, made.team))
        return Pages.fixed(made.lists.astype(np.int32))


def clicks_by_team(
    outcome: Outcome, policy: InterleavedPolicy
) -> tuple[NDArray[np.bool_], NDArray[np.int8], NDArray[np.int32]]:
    """(n, PLACES) clicks and teams, (n,) shoppers, for `measure.search_wins`.

    Teams are 0 for `a`, 1 for `b`, -1 for nobody. A search that this policy did not
    answer is a KeyError.
    """
    searches: pa.Table = outcome.searches
    known, team = map(np.concatenate, zip(*policy._teams, strict=True))
    at = pd.Index(known).get_indexer(pd.Index(searches["search_id"].to_numpy()))
    if (at < 0).any():
        raise KeyError("the outcome holds searches that were answered by another")
    clicked = table_of(searches["clicked"])
    return clicked, team[at], searches["shopper_id"].to_numpy()
