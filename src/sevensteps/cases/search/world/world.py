"""The search world: its past, its truth, and its future under a policy."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sevensteps.world import Evening, LivedWorld, WorldPast, joined_days
from sevensteps.world.arrays import join

from .catalogue import Making, catalogue
from .incumbent import SearchIncumbent
from .needs import Grades, Relevance, needs
from .oracle import Editors, SearchOracle
from .pages import ShopDay, behave
from .records import (
    INTENTS,
    MOST_SEARCHES,
    NAMES,
    SCALES,
    SCHEMA,
    TRUTH,
    Draws,
    Examination,
    Ids,
    Policy,
    SearchHistory,
    SearchIncident,
    SearchOutcome,
    SearchView,
)
from .state import ShopRules, ShopState, evening, first_evening, morning
from .tables import Answered, company_tables, recorded
from .texts import asked, synonym_file
from .visits import first_wave, next_wave
from .words import grammar

BYTES_A_SEARCH, BYTES_A_PRODUCT = 100, 400  # on disk, rounded up
SEARCHES_A_DAY = 0.4  # of a shopper, rounded up


@dataclass(frozen=True)
class SearchWorld(LivedWorld[ShopState, SearchHistory, SearchOutcome]):
    """A shop, its products, and shoppers who search, with known needs.

    Parameters
    ----------
    scale : "smoke" (12 k products), "book" (300 k), "full" (3 M), or a `SearchSize`
    seed : all randomness follows from it
    examination : how the eye goes over a page, "position" or "cascade"
    incidents : what happens to it; see `inject`

    Raises
    ------
    ValueError
        for an unknown scale or model of examination, a negative seed, or an incident
        of a brand or department that is not there
    """

    examination: Examination = "position"

    kind = "search"
    generator = 2
    scales = SCALES
    schema = SCHEMA
    truth_schema = TRUTH
    names = NAMES
    log = "searches"
    unit = "shopper_id"
    purpose = Draws.ARMS
    incident_type = SearchIncident
    state_type = ShopState
    history_type = SearchHistory

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.examination not in ("position", "cascade"):
            raise ValueError(
                f"examination is 'position' or 'cascade', not {self.examination!r}"
            )
        brands = range(self.size.n_brands)
        departments = range(grammar().department.max() + 1)
        for one in self.incidents:
            if one.brand not in brands or one.department not in departments:
                raise ValueError(
                    f"this world has the brands 0 to {brands[-1]:,} and the "
                    f"departments 0 to {departments[-1]}; got {one}"
                )

    @cached_property
    def rules(self) -> ShopRules:
        """What does not change from day to day."""
        making = Making.of(grammar(), self.size.n_brands, self.seed)
        every = join(catalogue(making, self.size, self.seed))
        wanted = needs(making, every, self.size, self.seed)
        return ShopRules(
            making, wanted, asked(making, wanted, self.seed),
            self.size, self.seed, self.incidents,
        )  # fmt: skip

    def first_state(self) -> ShopState:
        """Everybody and everything before the first day."""
        return first_evening(self.rules)

    def incumbent(self) -> SearchIncumbent:
        """The shop's old search engine."""
        return SearchIncumbent(self.seed)

    def open(self, state: ShopState, day: int) -> ShopState:
        """Sellers list new products, shoppers join, stock comes and goes."""
        return morning(self.rules, state, day)

    def serve(
        self,
        state: ShopState,
        policy: Policy | SearchOracle,
        day: int,
        future: int,
        log: pa.Table | None,
    ) -> Answered:
        """A day's searches in waves: those who are not content ask again."""
        rules, stage = self.rules, ShopDay(self.rules, state, day)
        view = SearchView(day, *company_tables(rules, state), log)
        wave, waves = first_wave(rules, state, day, future), []
        for _ in range(MOST_SEARCHES):
            requests = wave.requests
            if isinstance(policy, SearchOracle):
                pages = policy.pages(stage, wave)
            else:  # which sees the company's tables only
                pages = policy(requests, view)
                pages = pages.checked(len(requests), len(state.products))
            shown, keys = pages.product_id, (wave.session, wave.search)
            who = requests.shopper_id
            match = stage.meet(wave.need, who, wave.session, np.maximum(shown, 0))
            seen = behave(self.examination, match, shown, requests.device, *keys)
            waves.append((wave, pages, seen, match.grade))
            wave = next_wave(wave, seen.satisfied, rules.asked)
            view = replace(view, log=None)
        return Answered(*(join([*part]) for part in zip(*waves, strict=True)))

    def close(
        self, state: ShopState, served: Answered, day: int, future: int
    ) -> tuple[ShopState, Any]:
        """Sales are counted, moods move; the day's tables."""
        record = recorded(self.rules, state, day, served)
        rows, sold = served.sales()
        return evening(state, record.units, sold, served.wave.search[rows]), record

    def outcome(self, days: list[Any], evening: Evening[ShopState]) -> SearchOutcome:
        """Days as one outcome."""
        products, _, shoppers = company_tables(self.rules, evening.state)
        return SearchOutcome(*joined_days(days), products, shoppers, evening)

    def warehouse(self, past: WorldPast[ShopState], days: int) -> SearchHistory:
        """The company's tables after a past."""
        tables = company_tables(self.rules, past.state)
        synonyms = synonym_file(self.rules.making, self.seed)
        return SearchHistory(*tables, past.log, synonyms, days)

    def room(self, days: int) -> int:
        """Bytes on disk, rounded up."""
        searches = days * self.size.n_shoppers * SEARCHES_A_DAY
        return int(searches * BYTES_A_SEARCH + self.size.n_products * BYTES_A_PRODUCT)

    def true_queries(self) -> pd.DataFrame:
        """What each query means, by query_id: true_need, true_intent, true_mistyped."""
        typed, wanted = self.rules.asked, self.rules.needs
        columns = {
            "true_need": typed.need,
            "true_intent": np.array(INTENTS)[wanted.intent[typed.need]],
            "true_mistyped": typed.mistyped,
        }
        return pd.DataFrame(columns).rename_axis("query_id")

    def grades(
        self, query: Ids, product: Ids, history: SearchHistory | None = None
    ) -> Grades:
        """The true relevance, 0 to 4, of products for (n,) queries.

        `product` is (n,) or (n, k); -1 gets the grade 0. A query or a product that is
        not there is a ValueError.
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
        self, query: Ids, *, at_least: int = 1, history: SearchHistory | None = None
    ) -> pd.DataFrame:
        """All products that deserve a grade, 1 to 4: query_id, product_id, grade."""
        if not 1 <= at_least <= 4:
            raise ValueError(f"grades above zero are 1 to 4; got {at_least}")
        need = self.rules.asked.meant(query)
        row, ids, grade = self._relevance(history).answers(need, at_least)
        asked = np.asarray(query, np.int32)[row]
        return pd.DataFrame({"query_id": asked, "product_id": ids, "grade": grade})

    def editors(
        self, history: SearchHistory | None = None, *, seed: int = 0
    ) -> Editors:
        """People who grade products for queries, as well as people can."""
        return Editors(self._relevance(history), self.rules.asked.need, seed)

    def _relevance(self, history: SearchHistory | None) -> Relevance:
        return self.rules.relevance(self.past_of(history).state.products)
