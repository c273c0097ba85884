"""What a product is to a shopper on a day: what it promises, what it is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.world import uniforms

from .records import Flags, Floats, Ids, SearchIncident
from .relevance import Grades, Relevance
from .rng import UNSPOKEN
from .state import Shop, Shoppers

UNSPOKEN_SHARE = 0.6  # of searches without a colour have one in mind
FAD = 1.0  # of liking, for the brand on everybody's lips


@dataclass(frozen=True, slots=True)
class ProductMatch:
    """What products are to those who search; arrays of one shape."""

    grade: Grades  # relevance to the need, 0 to 4
    promise: Floats  # what title, picture and price make one expect
    worth: Floats  # what a closer look finds
    in_stock: Flags


@dataclass(frozen=True, slots=True)
class ShopDay:
    """The shop and its shoppers on one day, and what is going on."""

    relevance: Relevance
    shop: Shop
    shoppers: Shoppers
    day: int
    incidents: tuple[SearchIncident, ...] = ()

    def meet(
        self, need: Ids, shopper: Ids, random_key: NDArray[np.uint64], product: Ids
    ) -> ProductMatch:
        """(n,) searches, each beside its (n, k) products.

        `random_key`, of each session, decides what was left unsaid.
        """
        needs, products = self.relevance.needs, self.relevance.products
        row = need[:, None]
        grade = self.relevance.grade(row, product)
        seen = self._seen(row, product, grade)
        unspoken = self._unspoken(need, random_key)[:, None]
        wish = np.where(unspoken >= 0, products.colour[product] == unspoken, 0.35)
        liking = self._liking(shopper, product) + 0.9 * (wish - np.float32(0.35))
        purse = self.shoppers.purse[shopper][:, None]
        dear = np.maximum(products.tier[product] - purse, 0)
        stars = self.shop.stars(product)
        in_stock = self.shop.in_stock[product]
        gone = np.float32(1.5) * ~in_stock
        vague = (needs.intent[need] == 3)[:, None] * np.float32(0.3)
        shared = 0.8 * liking - 0.7 * dear - gone + vague
        promise = 1.1 * seen + 0.5 * products.picture[product] + 0.5 * stars + shared
        worth = 1.2 * grade + 0.7 * products.quality[product] + shared
        return ProductMatch(grade, promise.astype("f4"), worth.astype("f4"), in_stock)

    def _seen(self, need: Ids, product: Ids, grade: Grades) -> Floats:
        """The grade that a listing seems to have: some pass for something else."""
        pretends = self.relevance.products.pretends[product]
        row, column = np.nonzero(pretends >= 0)
        some, other = product[row, column], pretends[row, column]
        fooled = self.relevance.grade(need[row, 0], some, kind=other) - np.float32(0.5)
        seen = grade.astype(np.float32)
        seen[row, column] = np.maximum(seen[row, column], fooled)
        return seen

    def _unspoken(self, need: Ids, random_key: NDArray[np.uint64]) -> Ids:
        """(n,) a colour that the shopper has in mind and did not type; -1 for none."""
        needs = self.relevance.needs
        u = uniforms(random_key, 0, UNSPOKEN)
        silent = (needs.colour[need] < 0) & (needs.kind[need] >= 0)
        kind = np.maximum(needs.kind[need], 0)
        drawn = self.relevance.words.colours.draw(kind, u / UNSPOKEN_SHARE % 1)
        return np.where(silent & (u < UNSPOKEN_SHARE), drawn, -1).astype(np.int32)

    def _liking(self, shopper: Ids, product: Ids) -> Floats:
        products = self.relevance.products
        look = products.look[product].astype(np.float32)
        taste = self.shoppers.taste[shopper]
        liking = (look @ taste[:, :, None])[..., 0]
        for incident in self.incidents:
            if incident.kind == "fad" and incident.on(self.day):
                fans = products.brand[product] == incident.brand
                liking += FAD * incident.size * fans
        return np.asarray(liking, np.float32)
