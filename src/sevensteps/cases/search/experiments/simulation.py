"""A shop whose future can be run under one policy after another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from sevensteps.cases.search.engine.analysis import Analyser
from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.shop import Catalogue, QueryLog, understanding
from sevensteps.cases.search.engine.understanding import Understanding
from sevensteps.cases.search.world import History, Outcome, SearchWorld
from sevensteps.rank.rankers import Ranker
from sevensteps.simulate import Simulation

from .policy import EnginePolicy, IndexBuild

POOL = 50  # products that a source brings in a small world: enough for its pages
SUMS = ("sessions", "satisfied", "searches", "clicks", "bought", "revenue", "margin")


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
    def understanding(self) -> Understanding:
        """Query understanding with all its parts, from the past."""
        synonyms = self.history.synonyms
        return understanding(self.catalogue, self.analyser, self.asked, synonyms)

    @cached_property
    def engine(self) -> Engine:
        """Keywords and vectors, joined by reciprocal ranks; no ranker."""
        return Engine.of(self.catalogue, self.understanding)

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
        return EnginePolicy(
            IndexBuild(self.catalogue, reads, ranker, sources, pool), every
        )

    def per_unit_totals(self, outcome: Outcome) -> pd.DataFrame:
        """(shoppers,) sums over an outcome's days; who never came has zeros.

        Columns: sessions, satisfied (sessions), searches, clicks, bought, revenue,
        margin (EUR).
        """
        sessions, n = outcome.sessions, outcome.shoppers.num_rows
        who = sessions.shopper_id.to_numpy()
        each = sessions.assign(sessions=1, satisfied=sessions.true_satisfied)
        totals = {c: np.bincount(who, each[c], minlength=n) for c in SUMS}
        return pd.DataFrame(totals)
