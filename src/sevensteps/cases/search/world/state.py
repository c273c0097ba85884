"""The world on an evening: products, how they sell, who is there, how they feel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sevensteps.world import stream

from .catalogue import Products
from .listings import Listings
from .people import Shoppers
from .records import Flags, Floats, Ids
from .rng import RATERS

USUAL_RATING = np.float32(3.7)
STAR = np.float32(0.45)  # more for each unit of quality
RATES = 0.15  # of buyers leave stars
DOUBT = np.float32(4.0)  # ratings that a reader wants to see before believing the mean


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
