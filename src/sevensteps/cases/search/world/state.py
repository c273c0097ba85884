"""The world on an evening: products, how they sell, who is there, how they feel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.world import stream
from sevensteps.world.arrays import unit

from .catalogue import LOOK, Products
from .listings import Listings
from .records import Flags, Floats, Ids
from .rng import RATERS, SHOPPERS
from .schema import DAY

USUAL_RATING = np.float32(3.7)
STAR = np.float32(0.45)  # more for each unit of quality
RATES = 0.15  # of buyers leave stars
DOUBT = np.float32(4.0)  # ratings that a reader wants to see before believing the mean
ON_PHONE = 0.6
_MEAN_AGE_DAYS = 300


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
    def drawn(cls, joined_at: Ids, rng: np.random.Generator) -> Shoppers:
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


def first_shop(products: Products, in_stock: Flags, seed: int) -> Shop:
    """Sales and ratings before the first day."""
    rng = stream(seed, RATERS)
    n = rng.binomial(products.sold_before, RATES).astype(np.int32)
    usual = (USUAL_RATING + STAR * products.quality).clip(1, 5)
    blur = 0.6 * rng.standard_normal(len(n)) * np.sqrt(n)
    given = np.rint(n * usual + blur).clip(n, 5 * n)
    return Shop(in_stock, n, given.astype(np.float32), products.sold_before.copy())


def first_shoppers(n: int, seed: int) -> Shoppers:
    """Everybody who had bought or looked before the first day."""
    rng = stream(seed, SHOPPERS)
    age = rng.exponential(_MEAN_AGE_DAYS, n) * DAY
    return Shoppers.drawn((-age).astype(np.int32), rng)


def joiners(n: int, seed: int, day: int) -> Shoppers:
    """The day's new shoppers: a pure function of seed and day."""
    at = np.full(n, day * DAY, np.int32)
    return Shoppers.drawn(at, stream(seed, SHOPPERS, 1 + day))
