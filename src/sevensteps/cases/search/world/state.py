"""The shop and its people: on an evening, and what mornings and evenings change."""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.world import stream, uniforms
from sevensteps.world.arrays import grown, join, unit

from .catalogue import LOOK, Making, Products, catalogue, products
from .needs import Needs, Relevance
from .records import DAY, Draws, Flags, Floats, Ids, Part, SearchIncident, SearchSize
from .texts import Listings, QueryTable, listings

USUAL_RATING = np.float32(3.7)
STAR = np.float32(0.45)  # more for each unit of quality
RATES = 0.15  # of buyers leave stars
DOUBT = np.float32(4.0)  # ratings that a reader wants to see before believing the mean
ON_PHONE = 0.6
OUT_OF_STOCK = 0.06
SPELL = 9  # days that a product stays as it is, in stock or out
SOLD_OUT = 0.7  # of a department, in that incident
STUFFS = 0.5  # of new products, in that incident
FORGETS, LEARNS, LETS_DOWN = 0.99, 0.2, -0.6  # of moods, by day, visit, failure
_MEAN_AGE_DAYS = 300
_DAYS = 1 << 18  # keys of listings of the days, apart from those of shards


@dataclass(frozen=True, slots=True)
class Shoppers:
    """People; arrays of one length."""

    device: NDArray[np.int8]  # 0 desktop, 1 phone
    joined_at: Ids
    taste: Floats  # (n, LOOK) of unit length
    purse: Floats  # the tier of prices they are used to
    eager: Floats  # visits, relative to others

    def __len__(self) -> int:
        return len(self.device)

    @classmethod
    def drawn(cls, joined_at: Ids, rng: np.random.Generator) -> Self:
        """One shopper for each time of joining."""
        n = len(joined_at)
        return cls(
            device=(rng.random(n) < ON_PHONE).astype(np.int8),
            joined_at=joined_at,
            taste=unit(rng.standard_normal((n, LOOK))).astype(np.float32),
            purse=(0.8 * rng.standard_normal(n) - 0.2).astype(np.float32),
            eager=rng.lognormal(0, 0.7, n).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Shop:
    """What the shop knows and shows of its products; (n,) arrays."""

    in_stock: Flags
    n_ratings: Ids
    stars_given: Floats  # sum over the ratings
    sold: Ids  # units, ever

    def stars(self, product: Ids) -> Floats:
        """Mean rating as a reader takes it, above or below the usual one."""
        n = self.n_ratings[product].astype(np.float32)
        more = self.stars_given[product] - n * USUAL_RATING
        return np.asarray(more / (n + DOUBT), np.float32)


@dataclass(frozen=True, slots=True)
class ShopState:
    """Everything and everybody; the company sees its tables only."""

    products: Products
    listings: Listings
    shop: Shop
    shoppers: Shoppers
    mood: Floats  # (shoppers,) remembered satisfaction, -1 to 1


@dataclass(frozen=True, slots=True)
class ShopRules:
    """What does not change from day to day."""

    making: Making
    needs: Needs
    asked: QueryTable
    size: SearchSize
    seed: int
    incidents: tuple[SearchIncident, ...] = ()

    def relevance(self, products: Products) -> Relevance:
        """Grades of products for the needs."""
        return Relevance(self.making.words, self.needs, products)

    def on(self, kind: str, day: int) -> list[SearchIncident]:
        """Incidents of a kind that are under way."""
        return [i for i in self.incidents if i.kind == kind and i.on(day)]


def first_evening(rules: ShopRules) -> ShopState:
    """Everybody and everything before the first day."""
    making, size, seed = rules.making, rules.size, rules.seed
    shards = catalogue(making, size, seed)
    texts = [listings(making, shard, seed, k) for k, shard in enumerate(shards)]
    every, rng = join(shards), stream(seed, Part.SHOPPERS)
    age = rng.exponential(_MEAN_AGE_DAYS, size.n_shoppers) * DAY
    people = Shoppers.drawn((-age).astype(np.int32), rng)
    mood = np.zeros(len(people), np.float32)
    return ShopState(every, join(texts), _first_shop(rules, every), people, mood)


def _first_shop(rules: ShopRules, products: Products) -> Shop:
    """Sales and ratings before the first day."""
    rng, sold = stream(rules.seed, Part.RATERS), products.sold_before
    n = rng.binomial(sold, RATES).astype(np.int32)
    usual = (USUAL_RATING + STAR * products.quality).clip(1, 5)
    blur = 0.6 * rng.standard_normal(len(n)) * np.sqrt(n)
    given = np.rint(n * usual + blur).clip(n, 5 * n).astype(np.float32)
    return Shop(in_stock(rules, products.kind, 0), n, given, sold.copy())


def morning(rules: ShopRules, state: ShopState, day: int) -> ShopState:
    """Sellers list new products, shoppers join, stock comes and goes."""
    size, seed = rules.size, rules.seed
    n_new = stream(seed, Part.ARRIVALS, day).poisson(size.arrivals * size.n_products)
    rng = stream(seed, Part.ARRIVALS, day, 1)
    new = products(rules.making, np.full(n_new, day * DAY, np.int32), rng)
    if stuffing := rules.on("stuffing", day):
        share = STUFFS * math.fsum(i.size for i in stuffing)
        other = rng.integers(0, len(rules.making.words.demand), n_new).astype(np.int32)
        stuffed = np.where(rng.random(n_new) < share, other, new.pretends)
        new = replace(new, pretends=stuffed)
    text = listings(rules.making, new, seed, _DAYS + day)
    joined_at = np.full(round(size.joiners * size.n_shoppers), day * DAY, np.int32)
    people = Shoppers.drawn(joined_at, stream(seed, Part.SHOPPERS, 1 + day))
    every, shop = join([state.products, new]), state.shop
    counts = (shop.n_ratings, shop.stars_given, shop.sold)
    return ShopState(
        products=every,
        listings=join([state.listings, text]),
        shop=Shop(
            in_stock(rules, every.kind, day),
            *(grown(count, len(every)) for count in counts),
        ),
        shoppers=join([state.shoppers, people]),
        mood=grown(state.mood, len(state.mood) + len(people)),
    )


def in_stock(rules: ShopRules, kind: Ids, day: int) -> Flags:
    """(n,) what can be delivered on a day: a pure function of product and spell."""
    product = np.arange(len(kind))
    spell = (day + product % SPELL) // SPELL
    key = np.uint64(rules.seed) ^ (spell.astype(np.uint64) << np.uint64(32))
    u = uniforms(key, product, Part.STOCK)
    there = u >= OUT_OF_STOCK
    for incident in rules.on("sold_out", day):
        gone = u < OUT_OF_STOCK + SOLD_OUT * incident.size
        there &= ~(gone & (rules.making.words.department[kind] == incident.department))
    return np.asarray(there)


def evening(
    state: ShopState, sessions: pd.DataFrame, sold: Ids, random_key: NDArray[np.uint64]
) -> ShopState:
    """Sales are counted, some buyers leave stars, moods move.

    `sold` has the product of each purchase, `random_key` its key.
    """
    shop, n = state.shop, len(state.products)
    blur = 2 * uniforms(random_key, 0, Draws.STARS) - 1
    stars = np.rint(USUAL_RATING + STAR * state.products.quality[sold] + blur)
    rates = uniforms(random_key, 1, Draws.STARS) < RATES
    rated = np.bincount(sold[rates], minlength=n).astype(np.int32)
    given = np.bincount(sold[rates], stars[rates].clip(1, 5), minlength=n)
    more = np.bincount(sold, minlength=n).astype(np.int32)
    after = replace(
        shop,
        n_ratings=shop.n_ratings + rated,
        stars_given=shop.stars_given + given.astype(np.float32),
        sold=shop.sold + more,
    )
    return replace(state, shop=after, mood=_mood(state.mood, sessions))


def _mood(mood: Floats, sessions: pd.DataFrame) -> Floats:
    """Moods after a day: those who came remember how it went."""
    who = sessions.shopper_id.to_numpy()
    went = np.where(sessions.true_satisfied.to_numpy(), 1.0, LETS_DOWN)
    n = np.bincount(who, minlength=len(mood))
    mean = np.bincount(who, went, minlength=len(mood)) / np.maximum(n, 1)
    kept = FORGETS * mood
    moved = np.where(n > 0, (1 - LEARNS) * kept + LEARNS * mean, kept)
    return np.asarray(moved, np.float32)
