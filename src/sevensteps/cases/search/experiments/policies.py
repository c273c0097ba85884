"""Policies around other policies: one remembers clicks, one lets two share a page.

What text cannot tell, clicks can: which of a thousand products make washing day easier.
But a shop only learns about what it shows. So it may follow what it believes, or draw
from what it does not know yet.

Source: Thompson, Biometrika 25 (1933); for ranking by clicks that are corrected for
position, Lagrée, Vernade and Cappé, NeurIPS (2016).
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.world import PLACES, Outcome, Pages, Policy, Requests, View
from sevensteps.measure import team_draft

from .clicks import device_of, table_of
from .simulation import EnginePolicy, Ids, stock_last

Floats = NDArray[np.float64]


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
    follows: Literal["counts", "rates", "draws"] = "rates"
    strength: float = 4.0
    seed: int = 0
    _pairs: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _seen: Floats = field(default_factory=lambda: np.empty((2, 0)))  # clicks, exposure
    _day: int = -1

    def __call__(self, requests: Requests, view: View) -> Pages:
        """(n,) requests -> (n, PLACES) products."""
        if view.day != self._day:
            first, self._day = self._day < 0, view.day
            if view.log is not None and not first:
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
        if not len(self._pairs):
            return np.zeros((2, *lists.shape))
        pair = _pair(query[:, None], lists)
        at = np.minimum(np.searchsorted(self._pairs, pair), len(self._pairs) - 1)
        return np.where(self._pairs[at] == pair, self._seen[:, at], 0)


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
    """Clicks, teams and shoppers of an experiment, for `measure.search_wins`.

    Returns
    -------
    clicked : (n, PLACES) bool
    team : (n, PLACES) int8       0 for `a`, 1 for `b`, -1 for nobody
    shopper : (n,) int32

    Raises
    ------
    KeyError                      for a search that this policy did not answer
    """
    searches: pa.Table = outcome.searches
    known, team = map(np.concatenate, zip(*policy._teams, strict=True))
    at = pd.Index(known).get_indexer(pd.Index(searches["search_id"].to_numpy()))
    if (at < 0).any():
        raise KeyError("the outcome holds searches that were answered by another")
    clicked = table_of(searches["clicked"])
    return clicked, team[at], searches["shopper_id"].to_numpy()
