"""A small shop whose every future can be lived, and lived again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sevensteps.cases.search.engine.analysis import Analyser
from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.rankers import Ranker
from sevensteps.cases.search.engine.shop import Asked, Catalogue, understanding
from sevensteps.cases.search.engine.understanding import Understanding
from sevensteps.cases.search.world import (
    Arms,
    History,
    Oracle,
    Outcome,
    Policy,
    SearchWorld,
    View,
)
from sevensteps.measure import ab_test
from sevensteps.simulate.parallel import side_by_side
from sevensteps.simulate.people import mean_of

from .policy import EnginePolicy

POOL = 50  # products that a source brings in a small town: enough for its pages
SUMS = ("sessions", "satisfied", "searches", "clicks", "bought", "revenue", "margin")


@dataclass(frozen=True)
class Town:
    """A world, its past, and what the company knows on the morning after."""

    world: SearchWorld
    history: History

    @classmethod
    def of(cls, world: SearchWorld, history: History | None = None) -> Town:
        """A town after its usual past."""
        return cls(world, history or world.history())

    def __getstate__(self) -> dict[str, Any]:
        """All but the engine: an open index cannot travel to another process."""
        return {k: v for k, v in self.__dict__.items() if k != "engine"}

    @cached_property
    def analyser(self) -> Analyser:
        """Cuts texts as this catalogue teaches."""
        return Analyser().learn(self.history.products["title"].to_pylist())

    @cached_property
    def catalogue(self) -> Catalogue:
        """Products on the morning after the past."""
        return Catalogue.of(self.history.products, self.history.days, self.analyser)

    @cached_property
    def asked(self) -> Asked:
        """The past's queries, the most frequent first."""
        return Asked.of(self.history.searches, self.history.queries)

    @cached_property
    def understanding(self) -> Understanding:
        """Query understanding with all its parts, from the past."""
        said = self.history.synonyms
        return understanding(self.catalogue, self.analyser, self.asked, said)

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
        reads : how queries are understood; the town's own way when absent
        pool : products that each source may bring
        """
        reads, analyser = reads or self.understanding, self.analyser
        start = self.catalogue

        def build(view: View) -> Engine:
            now = Catalogue.of(view.products, view.day, analyser, start)
            made = Engine.of(now, reads, ranker, sources=sources)
            return replace(made, pool=pool)

        return EnginePolicy(build, every)

    def run(
        self,
        policy: Policy | Oracle,
        days: int,
        luck: int = 1,
        after: Outcome | None = None,
    ) -> Outcome:
        """Put one policy in production, from now on or after an outcome."""
        return self.world.live(policy, days, luck, history=self.history, after=after)

    def twins(
        self, policies: Mapping[str, Policy | Oracle], days: int, luck: int = 1
    ) -> dict[str, Outcome]:
        """The same shoppers with the same needs and luck under each policy."""
        # Policies bring what they need of what was made of the past.
        alone = Town(self.world, self.history)
        lived = side_by_side(lambda p: alone.run(p, days, luck), policies.values())
        return dict(zip(policies, lived, strict=True))


def per_shopper(outcome: Outcome, n_shoppers: int) -> pd.DataFrame:
    """(shoppers,) sums over an outcome's days; who never came has zeros.

    Columns: sessions, satisfied (sessions), searches, clicks, bought, revenue, margin
    (EUR).
    """
    sessions = outcome.sessions
    who = sessions.shopper_id.to_numpy()
    told = sessions.assign(sessions=1, satisfied=sessions.true_satisfied)
    made = {c: np.bincount(who, told[c], minlength=n_shoppers) for c in SUMS}
    return pd.DataFrame(made)


def board(outcomes: Mapping[str, Outcome]) -> pd.DataFrame:
    """A row of intervals for each outcome: per 1,000 shoppers and day.

    Rows come from the same shoppers, so their differences are paired.
    """
    n = max(o.shoppers.num_rows for o in outcomes.values())
    days = min(len(o.daily) for o in outcomes.values())
    rows = {name: per_shopper(o, n) * (1_000 / days) for name, o in outcomes.items()}
    table = {
        name: {column: mean_of(each[column]) for column in each}
        for name, each in rows.items()
    }
    return pd.DataFrame.from_dict(table, orient="index")


def compare(outcome: Outcome, arms: Arms, treatment: str, control: str) -> pd.Series:
    """What an A/B test reads per 1,000 shoppers and day, with Welch's intervals.

    Parameters
    ----------
    arms : the policy that was lived; everybody who existed counts, seen or not
    """
    n = outcome.shoppers.num_rows
    sums = per_shopper(outcome, n) * (1_000 / len(outcome.daily))
    arm = arms.names(np.arange(n))
    new, old = sums[arm == treatment], sums[arm == control]
    return pd.Series({c: ab_test(new[c], old[c]).difference for c in sums})
