"""A shop that remembers which products were clicked for which query, and learns daily.

What text cannot tell, clicks can: which of a thousand products make washing day easier.
But a shop only learns about what it shows. So it may follow what it believes, or draw
from what it does not know yet.

Source: Thompson, Biometrika 25 (1933); for ranking by clicks that are corrected for
position, Lagrée, Vernade and Cappé, NeurIPS (2016).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.world import PLACES, Pages, Requests, View

from .clicks import table_of
from .policy import EnginePolicy, Ids, stock_last
from .training_sets import device_of

Floats = NDArray[np.float64]
Follows = Literal["counts", "rates", "draws"]


@dataclass
class RememberingPolicy:
    """An engine's lists, ordered anew by what was clicked for the same query.

    Parameters
    ----------
    base : whose lists
    usual : (LISTED,) clicks an examination, of each position of the base's list
    curves : (devices, PLACES) examination probability, relative to the first position
    follows : "counts" puts first what was clicked most; "rates" what has most clicks an
        examination; "draws" does so by a draw from what is believed of each rate
    strength : examinations that `usual` counts as, beside those that a pair has had
    seed : of the draws
    """

    base: EnginePolicy
    usual: Floats
    curves: Floats
    follows: Follows = "rates"
    strength: float = 4.0
    seed: int = 0
    _key: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _clicks: Floats = field(default_factory=lambda: np.empty(0))
    _exposure: Floats = field(default_factory=lambda: np.empty(0))
    _day: int = -1

    def __call__(self, requests: Requests, view: View) -> Pages:
        """(n,) requests -> (n, PLACES) products."""
        if view.day != self._day:
            first, self._day = self._day < 0, view.day
            if view.log is not None and not first:
                self._learn(view.log)
        lists = self.base.listed(requests, view)
        clicks, exposure = self._known(requests.query_id, lists)
        order = np.argsort(-self._worth(lists, clicks, exposure), axis=1, kind="stable")
        best = stock_last(np.take_along_axis(lists, order, axis=1), view)
        return Pages.fixed(best[:, :PLACES])

    def _worth(self, lists: Ids, clicks: Floats, exposure: Floats) -> Floats:
        if self.follows == "counts":
            worth = clicks
        else:
            yes = clicks + self.strength * self.usual
            no = np.maximum(exposure - clicks, 0) + self.strength * (1 - self.usual)
            worth = yes / (yes + no)
            if self.follows == "draws":
                worth = np.random.default_rng([self.seed, self._day]).beta(yes, no)
        return np.where(lists >= 0, worth, -1.0)

    def _learn(self, log: pa.Table) -> None:
        """Take yesterday's pages in: clicks and exposure of each pair."""
        shown = table_of(log["shown"])
        row, position = np.nonzero(shown >= 0)
        query = log["query_id"].to_numpy()[row]
        key = _pair(query, shown[row, position])
        exposure = self.curves[device_of(log)[row], position]
        clicks = table_of(log["clicked"])[row, position].astype(np.float64)
        every, code = np.unique(np.r_[self._key, key], return_inverse=True)
        self._clicks = np.bincount(code, np.r_[self._clicks, clicks]).astype(float)
        self._exposure = np.bincount(code, np.r_[self._exposure, exposure]).astype(
            float
        )
        self._key = every

    def _known(self, query: Ids, lists: Ids) -> tuple[Floats, Floats]:
        """(n, LISTED) clicks and exposure of each pair; zeros for a new one."""
        if not len(self._key):
            return np.zeros(lists.shape), np.zeros(lists.shape)
        key = _pair(query[:, None], lists)
        at = np.minimum(np.searchsorted(self._key, key), len(self._key) - 1)
        known = self._key[at] == key
        return np.where(known, self._clicks[at], 0), np.where(
            known, self._exposure[at], 0
        )


def _pair(query: Ids, product: Ids) -> NDArray[np.int64]:
    return query.astype(np.int64) * (1 << 31) + product
