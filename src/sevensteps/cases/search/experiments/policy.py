"""An engine in production: pages for a world's searches, and an index that ages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.shop import Catalogue
from sevensteps.cases.search.engine.understanding import Understanding
from sevensteps.cases.search.world import PLACES, Pages, Requests, View
from sevensteps.rank.rankers import Ranker

LISTED = 60  # products of a query that are kept, before rules of the page
Ids = NDArray[np.int32]
Arrange = Callable[[Ids, View], Ids]


def stock_last(lists: Ids, view: View) -> Ids:
    """What cannot be delivered today goes behind what can; otherwise the same order."""
    gone = ~view.products["in_stock"].to_numpy(zero_copy_only=False)
    late = np.where(lists >= 0, gone[np.maximum(lists, 0)], 2)
    order = np.argsort(late, axis=1, kind="stable")
    return np.take_along_axis(lists, order, axis=1)


@dataclass(frozen=True)
class IndexBuild:
    """Makes an engine of the products of a day.

    Parameters
    ----------
    start : products that are read already
    understanding : how queries are understood
    sources, pool : of candidates, and how many each may bring
    """

    start: Catalogue
    understanding: Understanding
    ranker: Ranker | None
    sources: tuple[str, ...]
    pool: int

    def __call__(self, view: View) -> Engine:
        """An engine of all that the company sees."""
        reads = self.understanding
        now = Catalogue.of(view.products, view.day, reads.analyser, self.start)
        made = Engine.of(now, reads, self.ranker, sources=self.sources)
        return replace(made, pool=self.pool)


@dataclass
class EnginePolicy:
    """Answers a world's searches. A query's list is made once for each index.

    A copy goes without the index, since an open one cannot be copied: it builds its own
    on its first day.

    Parameters
    ----------
    build : makes an engine from what the company sees
    every : days between two builds; by then new products are not found
    arrange : rules of the page, with today's stock
    """

    build: IndexBuild
    every: int = 7
    arrange: Arrange = stock_last
    _built_on: int | None = field(default=None, repr=False)
    _engine: Engine | None = field(default=None, repr=False)
    _lists: Ids = field(default_factory=lambda: np.empty((0, LISTED), np.int32))

    def __getstate__(self) -> dict[str, Any]:
        """All but what belongs to the index."""
        none = np.empty((0, LISTED), np.int32)
        return vars(self) | {"_built_on": None, "_engine": None, "_lists": none}

    def __call__(self, requests: Requests, view: View) -> Pages:
        """(n,) requests -> (n, PLACES) products."""
        return Pages.fixed(self.listed(requests, view)[:, :PLACES])

    def listed(self, requests: Requests, view: View) -> Ids:
        """(n, LISTED) the whole list that a page is the beginning of; -1 fills up."""
        if self._due(view.day):
            self._engine, self._built_on = self.build(view), view.day
            self._lists = np.full((view.queries.num_rows, LISTED), -2, np.int32)
        self._answer(np.unique(requests.query_id), view)
        return self.arrange(self._lists[requests.query_id], view)

    def _due(self, day: int) -> bool:
        """Whether the index is to be built anew."""
        return self._built_on is None or day >= self._built_on + self.every

    def _answer(self, query: Ids, view: View) -> None:
        """Make the lists of queries that this index was not asked before."""
        assert self._engine is not None
        new = query[self._lists[query, 0] == -2]
        if len(new):
            texts = view.queries["text"].take(pa.array(new)).to_pylist()
            self._lists[new] = self._engine.lists(texts, LISTED)
