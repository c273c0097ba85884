"""The search world: its past, its truth, and its future under a policy."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sevensteps.world import Evening, LivedWorld, WorldPast, joined_days
from sevensteps.world.arrays import join

from .catalogue import Making, catalogue
from .editors import Editors
from .incumbent import SearchIncumbent
from .listings import listings, synonym_file
from .live import (
    Answered,
    evening,
    products_table,
    queries_table,
    recorded,
    searched,
    shoppers_table,
)
from .matching import Grades, Relevance, RelevanceIndex
from .needs import asked, needs
from .opening import ShopRules, in_stock, opening
from .oracle import SearchOracle
from .records import (
    SCALES,
    Examination,
    Ids,
    Policy,
    SearchHistory,
    SearchIncident,
    SearchOutcome,
)
from .rng import ARMS
from .schema import INTENTS, NAMES, SCHEMA, TRUTH
from .state import ShopState, first_shop, first_shoppers
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
    purpose = ARMS
    incident_type = SearchIncident
    state_type = ShopState
    history_type = SearchHistory

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.examination not in ("position", "cascade"):
            raise ValueError(
                f"examination is 'position' or 'cascade', not {self.examination!r}"
            )
        n_brands, n_departments = self.size.n_brands, grammar().department.max() + 1
        for one in self.incidents:
            if one.brand >= n_brands or one.department >= n_departments:
                raise ValueError(
                    f"this world has the brands 0 to {n_brands - 1:,} and the "
                    f"departments 0 to {n_departments - 1}; got {one}"
                )

    @cached_property
    def rules(self) -> ShopRules:
        """What does not change from day to day."""
        making = Making.of(grammar(), self.size, self.seed)
        every = join(catalogue(making, self.size, self.seed))
        wanted = needs(making, every, self.size, self.seed)
        typed = asked(making, wanted, self.seed)
        return ShopRules(
            making, wanted, typed, queries_table(typed), self.size, self.seed,
            self.examination, self.incidents,
        )  # fmt: skip

    def first_state(self) -> ShopState:
        """Everybody and everything before the first day."""
        rules, size, seed = self.rules, self.size, self.seed
        shards = catalogue(rules.making, size, seed)
        texts = [listings(rules.making, s, seed, k) for k, s in enumerate(shards)]
        every = join(shards)
        people = first_shoppers(size.n_shoppers, seed)
        return ShopState(
            products=every,
            listings=join(texts),
            shop=first_shop(every, in_stock(rules, every.kind, 0), seed),
            shoppers=people,
            mood=np.zeros(len(people), np.float32),
        )

    def incumbent(self) -> SearchIncumbent:
        """The shop's old search engine."""
        return SearchIncumbent(self.seed)

    def open(self, state: ShopState, day: int) -> ShopState:
        """Sellers list new products, shoppers join, stock comes and goes."""
        return opening(self.rules, state, day)

    def serve(
        self,
        state: ShopState,
        policy: Policy | SearchOracle,
        day: int,
        future: int,
        log: pa.Table | None,
    ) -> Answered:
        """A day's searches in waves: those who are not content ask again."""
        return searched(self.rules, state, policy, day, future, log)

    def close(
        self, state: ShopState, served: Answered, day: int, future: int
    ) -> tuple[ShopState, Any]:
        """Sales are counted, moods move; the day's tables."""
        record = recorded(self.rules, state, served, day)
        return evening(state, record.units, served), record

    def outcome(self, days: list[Any], evening: Evening[ShopState]) -> SearchOutcome:
        """Days as one outcome."""
        log, truth, sessions, daily = joined_days(days)
        products = products_table(self.rules.making, evening.state)
        shoppers = shoppers_table(evening.state.shoppers)
        return SearchOutcome(log, truth, sessions, daily, products, shoppers, evening)

    def warehouse(self, past: WorldPast[ShopState], days: int) -> SearchHistory:
        """The company's tables after a past."""
        return SearchHistory(
            products=products_table(self.rules.making, past.state),
            queries=self.rules.queries,
            shoppers=shoppers_table(past.state.shoppers),
            searches=past.log,
            synonyms=synonym_file(self.rules.making, self.seed),
            days=days,
        )

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
        index = RelevanceIndex.of(self._relevance(history))
        row, ids, grade = index.answers(self.rules.asked.meant(query), at_least)
        asked = np.asarray(query, np.int32)[row]
        return pd.DataFrame({"query_id": asked, "product_id": ids, "grade": grade})

    def editors(
        self, history: SearchHistory | None = None, *, seed: int = 0
    ) -> Editors:
        """People who grade products for queries, as well as people can."""
        return Editors(self._relevance(history), self.rules.asked.need, seed)

    def _relevance(self, history: SearchHistory | None) -> Relevance:
        products = self.past_of(history).state.products
        return Relevance(self.rules.making.words, self.rules.needs, products)
