"""The search world: its past, its truth, and its future under a policy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sevensteps.world.arrays import join
from sevensteps.world.disk import Progress

from .catalogue import Making, catalogue
from .editors import Editors
from .incumbent import Incumbent
from .listings import joined_listings, listings, synonym_file
from .live import outcome_of, run
from .mornings import Rules, can_happen, in_stock
from .needs import asked, needs
from .oracle import Oracle
from .people import first_shoppers
from .phrases import grammar
from .records import SCALES, Examination, History, Ids, Incident, Outcome, Policy, Size
from .relevance import Grades, Relevance, Shelf
from .schema import INTENTS, LAST_DAY, SCHEMA
from .state import State, first_shop
from .store import Past, cached, warehouse, write
from .tables import queries_table
from .visits import day_of

PAST = 0  # the luck of the history; a live run has its own


@dataclass(frozen=True)
class SearchWorld:
    """A shop, its products, and shoppers who search, with known needs.

    Parameters
    ----------
    scale : "smoke" (12 k products), "book" (300 k), "full" (3 M), or a `Size`
    seed : all randomness follows from it
    examination : how the eye goes over a page, "position" or "cascade"
    incidents : what happens to it; see `inject`

    Raises
    ------
    ValueError
        for an unknown scale or model of examination, a negative seed, or an incident
        of a brand or department that is not there
    """

    scale: str | Size = "smoke"
    seed: int = 7
    examination: Examination = "position"
    incidents: tuple[Incident, ...] = ()
    _pasts: dict[Any, Past] = field(default_factory=dict, repr=False, compare=False)

    schema = SCHEMA

    def __post_init__(self) -> None:
        if isinstance(self.scale, str) and self.scale not in SCALES:
            raise ValueError(f"unknown scale {self.scale!r}; choose from {[*SCALES]}")
        if self.seed < 0:
            raise ValueError(f"seed must be a whole number >= 0; got {self.seed}")
        if self.examination not in ("position", "cascade"):
            raise ValueError(
                f"examination is 'position' or 'cascade', not {self.examination!r}"
            )
        can_happen(self.incidents, self.size.n_brands, grammar())

    @cached_property
    def size(self) -> Size:
        """The number of products, needs, shoppers, brands and days."""
        return SCALES[self.scale] if isinstance(self.scale, str) else self.scale

    @cached_property
    def rules(self) -> Rules:
        """What does not change from day to day."""
        making = Making.of(grammar(), self.size, self.seed)
        every = join(catalogue(making, self.size, self.seed))
        wanted = needs(making, every, self.size, self.seed)
        typed = asked(making, wanted, self.seed)
        return Rules(
            making, wanted, typed, queries_table(typed), self.size, self.seed,
            self.examination, self.incidents,
        )  # fmt: skip

    def inject(self, *incidents: Incident) -> SearchWorld:
        """The same world, to which something happens."""
        return replace(self, incidents=self.incidents + incidents)

    def first_evening(self) -> State:
        """Everybody and everything before the first day."""
        rules, size, seed = self.rules, self.size, self.seed
        shards = catalogue(rules.making, size, seed)
        texts = [listings(rules.making, s, seed, k) for k, s in enumerate(shards)]
        every = join(shards)
        people = first_shoppers(size.n_shoppers, seed)
        return State(
            products=every,
            listings=joined_listings(texts),
            shop=first_shop(every, in_stock(rules, every.kind, len(every), 0), seed),
            shoppers=people,
            mood=np.zeros(len(people), np.float32),
        )

    def history(
        self, days: int | None = None, *, progress: Progress | None = None
    ) -> History:
        """The company's warehouse after `days` days under the incumbent policy.

        `progress` is called after each day with (days done, days).
        """
        days = self._days(days)
        return self._history(self.past(days, progress), days)

    def _history(self, past: Past, days: int) -> History:
        words = synonym_file(self.rules.making, self.seed)
        return History(**warehouse(self.rules, past), synonyms=words, days=days)

    def past(self, days: int, progress: Progress | None = None) -> Past:
        """What was, and the evening after it; lived once and remembered."""
        before = tuple(i for i in self.incidents if i.start_day < days)
        key = (self.size, self.seed, self.examination, before, days)
        if key not in self._pasts:
            start, policy = self.first_evening(), Incumbent(self.seed)
            made, state = run(self.rules, start, policy, 0, days, PAST, None, progress)
            outcome = outcome_of(self.rules, made, state)
            self._pasts[key] = Past(outcome.searches, outcome.truth, state)
        return self._pasts[key]

    def _days(self, days: int | None) -> int:
        days = self.size.days if days is None else days
        if not 1 <= days <= LAST_DAY:
            raise ValueError(f"days must lie in 1 to {LAST_DAY:,}; got {days}")
        return days

    def write(self, directory: str | Path, days: int | None = None) -> Path:
        """Write history, truth and state under a new directory; see `store.write`."""
        days = self._days(days)
        return write(self, Path(directory), days, self.past(days))

    def cached(
        self,
        days: int | None = None,
        *,
        root: str | Path = "data/cache",
        progress: Progress | None = None,
    ) -> History:
        """The history, from disk if this very world was written there before."""
        days = self._days(days)
        past = cached(self, Path(root), days, progress)
        before = tuple(i for i in self.incidents if i.start_day < days)
        self._pasts[(self.size, self.seed, self.examination, before, days)] = past
        return self._history(past, days)

    def truth(self, history: History) -> pa.Table:
        """What only the world knows of each search of its own history.

        Raises
        ------
        ValueError
            if the history was made by another world
        """
        return self._past_of(history).truth

    def _past_of(self, history: History | None) -> Past:
        past = self.past(self._days(None if history is None else history.days))
        if history is None or history.searches is past.searches:
            return past
        if not past.searches.equals(history.searches):
            raise ValueError("the history is another world's; use this world.history()")
        return past

    def true_queries(self) -> pd.DataFrame:
        """What each query means, by query_id: true_need, true_intent, true_mistyped."""
        typed, wanted = self.rules.asked, self.rules.needs
        return pd.DataFrame(
            {
                "true_need": typed.need,
                "true_intent": np.array(INTENTS)[wanted.intent[typed.need]],
                "true_mistyped": typed.mistyped,
            }
        ).rename_axis("query_id")

    def grades(
        self, query: Ids, product: Ids, history: History | None = None
    ) -> Grades:
        """The true relevance, 0 to 4, of products for queries.

        Parameters
        ----------
        query : (n,) int          query_id
        product : (n,) or (n, k) int      product_id; -1 gets the grade 0
        history : whose products; the usual one when absent

        Raises
        ------
        ValueError
            for a query or a product that is not there
        """
        relevance = self._relevance(history)
        ids, n = np.asarray(product), len(relevance.products)
        if ids.size and ids.max() >= n:
            raise ValueError(f"products are 0 to {n - 1:,}, and -1 for none")
        need = self.rules.asked.meant(query)
        need = need[:, None] if ids.ndim == 2 else need
        grade = relevance.grade(need, np.maximum(ids, 0))
        return np.where(ids >= 0, grade, 0).astype(np.int8)

    def relevant(
        self, query: Ids, *, at_least: int = 1, history: History | None = None
    ) -> pd.DataFrame:
        """All products that deserve a grade: columns query_id, product_id, grade.

        Raises
        ------
        ValueError
            unless `at_least` lies in 1 to 4, or for a query that is not there
        """
        shelf, need = Shelf.of(self._relevance(history)), self.rules.asked.meant(query)
        row, ids, grade = shelf.answers(need, at_least)
        asked = np.asarray(query, np.int32)[row]
        return pd.DataFrame({"query_id": asked, "product_id": ids, "grade": grade})

    def editors(self, history: History | None = None, *, seed: int = 0) -> Editors:
        """People who grade products for queries, as well as people can."""
        return Editors(self._relevance(history), self.rules.asked.need, seed)

    def _relevance(self, history: History | None) -> Relevance:
        products = self._past_of(history).state.products
        return Relevance(self.rules.making.words, self.rules.needs, products)

    def live(
        self,
        policy: Policy | Oracle,
        days: int = 7,
        seed: int = 1,
        *,
        history: History | None = None,
        after: Outcome | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Put a policy in production for `days` days after the history.

        The same seed gives the same people, needs and luck under any policy.

        Parameters
        ----------
        policy : callable (requests of a wave, View) -> `Pages`; or an `Oracle`
        days : length, in days
        seed : 1 to 255, the luck of this future
        history : the past that it follows; the usual one when absent
        after : go on from this outcome's last evening instead. With the same seed and
            the policy as it was left, the days are those of one run without a stop;
            a world with other incidents branches off

        Raises
        ------
        ValueError
            if the policy's pages cannot be shown, or the history is another world's
        """
        if days < 1 or not 1 <= seed <= 255:
            raise ValueError("need days >= 1 and 1 <= seed <= 255")
        if after is not None:
            first = int(after.daily.index[-1]) + 1
            day = day_of(after.searches["session_id"].to_numpy())
            log = after.searches.filter(pa.array(day >= first - 1))
            state = after.evening
        else:
            past = self._past_of(history)
            first = self._days(None if history is None else history.days)
            state, log = past.state, past.searches
        how = first, days, seed, log, progress
        return outcome_of(self.rules, *run(self.rules, state, policy, *how))
