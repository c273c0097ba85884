"""What happens before anybody comes: listings, joiners, deliveries."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import stream, uniforms
from sevensteps.world.arrays import join

from .catalogue import Making, products
from .listings import listings
from .matching import Relevance, ShopDay
from .needs import Needs, QueryTable
from .records import Examination, Flags, Ids, SearchIncident, SearchSize
from .rng import ARRIVALS, STOCK
from .schema import DAY
from .state import Shop, ShopState, joiners

OUT_OF_STOCK = 0.06
SPELL = 9  # days that a product stays as it is, in stock or out
SOLD_OUT = 0.7  # of a department, in that incident
STUFFS = 0.5  # of new products, in that incident
_DAYS = 1 << 18  # keys of listings of the days, apart from those of shards


@dataclass(frozen=True, slots=True)
class ShopRules:
    """What does not change from day to day."""

    making: Making
    needs: Needs
    asked: QueryTable
    queries: pa.Table
    size: SearchSize
    seed: int
    examination: Examination
    incidents: tuple[SearchIncident, ...] = ()

    def stage(self, state: ShopState, day: int) -> ShopDay:
        """The shop on a day, as those see it who search."""
        relevance = Relevance(self.making.words, self.needs, state.products)
        return ShopDay(relevance, state.shop, state.shoppers, day, self.incidents)

    def on(self, kind: str, day: int) -> list[SearchIncident]:
        """Incidents of a kind that are under way."""
        return [i for i in self.incidents if i.kind == kind and i.on(day)]


def opening(rules: ShopRules, state: ShopState, day: int) -> ShopState:
    """Sellers list new products, shoppers join, stock comes and goes."""
    size, seed = rules.size, rules.seed
    n_new = stream(seed, ARRIVALS, day).poisson(size.arrivals * size.n_products)
    rng = stream(seed, ARRIVALS, day, 1)
    new = products(rules.making, np.full(n_new, day * DAY, np.int32), rng)
    if stuffing := rules.on("stuffing", day):
        share = STUFFS * math.fsum(i.size for i in stuffing)
        other = rng.integers(0, len(rules.making.words.demand), n_new).astype(np.int32)
        stuffed = np.where(rng.random(n_new) < share, other, new.pretends)
        new = replace(new, pretends=stuffed)
    text = listings(rules.making, new, seed, _DAYS + day)
    people = joiners(round(size.joiners * size.n_shoppers), seed, day)
    every, shop = join([state.products, new]), state.shop
    return ShopState(
        products=every,
        listings=join([state.listings, text]),
        shop=Shop(
            in_stock=in_stock(rules, every.kind, day),
            n_ratings=_more(shop.n_ratings, n_new),
            stars_given=_more(shop.stars_given, n_new),
            sold=_more(shop.sold, n_new),
        ),
        shoppers=join([state.shoppers, people]),
        mood=_more(state.mood, len(people)),
    )


def _more(values: NDArray[Any], n: int) -> NDArray[Any]:
    """The values, and `n` zeros."""
    return np.concatenate([values, np.zeros(n, values.dtype)])


def in_stock(rules: ShopRules, kind: Ids, day: int) -> Flags:
    """(n,) what can be delivered on a day: a pure function of product and spell."""
    product = np.arange(len(kind))
    spell = (day + product % SPELL) // SPELL
    key = np.uint64(rules.seed) ^ (spell.astype(np.uint64) << np.uint64(32))
    u = uniforms(key, product, STOCK)
    there = u >= OUT_OF_STOCK
    for incident in rules.on("sold_out", day):
        gone = u < OUT_OF_STOCK + SOLD_OUT * incident.size
        there &= ~(gone & (rules.making.words.department[kind] == incident.department))
    return np.asarray(there)
