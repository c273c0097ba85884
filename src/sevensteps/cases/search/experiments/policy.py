"""An engine in production: pages for a world's searches, and an index that ages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.world import PLACES, Pages, Requests, View

LISTED = 60  # products of a query that are kept, before rules of the page
Ids = NDArray[np.int32]
Build = Callable[[View], Engine]
Arrange = Callable[[Ids, View], Ids]


def stock_last(lists: Ids, view: View) -> Ids:
    """What cannot be delivered today goes behind what can; otherwise the same order."""
    gone = ~view.products["in_stock"].to_numpy(zero_copy_only=False)
    late = np.where(lists >= 0, gone[np.maximum(lists, 0)], 2)
    order = np.argsort(late, axis=1, kind="stable")
    return np.take_along_axis(lists, order, axis=1)


@dataclass
class EnginePolicy:
    """Answers a world's searches. A query's list is made once for each index.

    Parameters
    ----------
    build : makes an engine from what the company sees
    every : days between two builds; by then new products are not found
    arrange : rules of the page, with today's stock
    stale_from : day from which on nothing is built any more
    """

    build: Build
    every: int = 7
    arrange: Arrange = stock_last
    stale_from: int | None = None
    _built_on: int | None = field(default=None, repr=False)
    _engine: Engine | None = field(default=None, repr=False)
    _lists: Ids = field(default_factory=lambda: np.empty((0, LISTED), np.int32))

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
        if self._built_on is None:
            return True
        stale = self.stale_from is not None and day >= self.stale_from
        return not stale and day >= self._built_on + self.every

    def _answer(self, query: Ids, view: View) -> None:
        """Make the lists of queries that this index was not asked before."""
        assert self._engine is not None
        new = query[self._lists[query, 0] == -2]
        if len(new):
            texts = view.queries["text"].take(pa.array(new)).to_pylist()
            self._lists[new] = self._engine.lists(texts, LISTED)
