"""What a product is to a shopper on a day: how relevant, how promising, of what worth.

Relevance to a need is a grade from 0 to 4, for any pair.

A need for a kind of product counts what was asked for: a colour, a material, a size,
a feature, a style, a brand. 4: the kind, with all that was asked. 3: one thing is
missing. 2: more is missing, or a kind of the same family with all of it. 1: of that
family with less, or what goes with the kind. 0: anything else.

A need for a series of a brand. 4: that series, with all that was asked. 3: that series,
something missing. 2: the brand's kind of another series. 1: the kind. 0: anything else.

A need for a use. 4: made for it. 3: good for it. 2: of a kind that serves it. 0: else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.world import uniforms

from .catalogue import Products
from .needs import Needs
from .records import Flags, Floats, Ids, SearchIncident
from .rng import UNSPOKEN
from .state import Shop, Shoppers
from .words import Grammar

UNSPOKEN_SHARE = 0.6  # of searches without a colour have one in mind
FAD = 1.0  # of liking, for the brand on everybody's lips
Grades = NDArray[np.int8]
_ASKED = ("brand", "colour", "material", "style", "size", "feature")


@dataclass(frozen=True, slots=True)
class Relevance:
    """Grades of products for needs."""

    words: Grammar
    needs: Needs
    products: Products

    def grade(self, need: Ids, product: Ids, *, kind: Ids | None = None) -> Grades:
        """The grade of each pair, as what they are or pass for; arrays broadcast."""
        of = self.products.kind[product] if kind is None else kind
        by_use, by_line = self.needs.kind[need] < 0, self.needs.line[need] >= 0
        grade = np.zeros(np.broadcast_shapes(by_use.shape, of.shape), np.int8)
        for which, graded in (
            (by_use, self._for_use),
            (by_line, self._for_line),
            (~by_use & ~by_line, self._for_kind),
        ):
            if which.any():  # mostly one need at a time: the others cost nothing
                grade = np.where(which, graded(need, product, of), grade)
        return grade.astype(np.int8, copy=False)

    def _for_kind(self, need: Ids, product: Ids, of: Ids) -> Grades:
        wanted, family = np.maximum(self.needs.kind[need], 0), self.words.family
        missing = self.missing(need, product)
        same, stand_in = of == wanted, family[of] == family[wanted]
        goes_with = self.words.accessories.has(wanted, of)
        some = np.where(missing == 0, np.int8(2), np.int8(1))
        best = np.int8(4) - np.minimum(missing, np.int8(2))
        return np.select([same, stand_in, goes_with], [best, some, np.int8(1)], 0)

    def _for_line(self, need: Ids, product: Ids, of: Ids) -> Grades:
        same = of == self.needs.kind[need]
        own_brand = same & ~self._lacks("brand", need, product)
        own_line = own_brand & ~self._lacks("line", need, product)
        all_of_it = np.where(self.missing(need, product) == 0, np.int8(4), np.int8(3))
        return np.select(
            [own_line, own_brand, same], [all_of_it, np.int8(2), np.int8(1)], 0
        )

    def _for_use(self, need: Ids, product: Ids, of: Ids) -> Grades:
        use = self.needs.use[need]
        best, good = (self.products.use[product, j] == use for j in range(2))
        serves = self.words.uses.has(of, use)
        graded = [np.int8(grade) for grade in (4, 3, 2)]
        return np.select([best, good, serves], graded, 0)

    def missing(self, need: Ids, product: Ids) -> NDArray[np.int8]:
        """How many of the things asked for each product lacks."""
        shape = np.broadcast_shapes(np.shape(need), np.shape(product))
        lacks = np.zeros(shape, np.int8)
        for name in _ASKED:
            if (getattr(self.needs, name)[need] >= 0).any():
                lacks += self._lacks(name, need, product)
        return lacks

    def _lacks(self, name: str, need: Ids, product: Ids) -> Flags:
        """Whether something is asked that the product is not, or has not."""
        wanted, given = getattr(self.needs, name)[need], getattr(self.products, name)
        if name == "feature":
            has = (given[product] == wanted[..., None]).any(axis=-1)
        else:
            has = given[product] == wanted
        return np.asarray((wanted >= 0) & ~has)


@dataclass(frozen=True, slots=True)
class RelevanceIndex:
    """Products by kind, to find all that could answer a need."""

    relevance: Relevance
    order: Ids  # product ids, kind by kind
    start: NDArray[np.int64]  # (kinds + 1,)

    @classmethod
    def of(cls, relevance: Relevance) -> RelevanceIndex:
        """The shelf of all products."""
        kind, n_kinds = relevance.products.kind, len(relevance.words.demand)
        order = np.argsort(kind, kind="stable").astype(np.int32)
        start = np.searchsorted(kind[order], np.arange(n_kinds + 1))
        return cls(relevance, order, start)

    def answers(self, need: Ids, at_least: int) -> tuple[NDArray[np.intp], Ids, Grades]:
        """Position in `need`, product and grade of all that deserve a grade."""
        parts = [(np.empty(0, np.intp), self.order[:0], np.empty(0, np.int8))]
        for row, one in enumerate(need):
            ids, grade = self.graded(one)
            kept = grade >= at_least
            parts.append((np.full(kept.sum(), row), ids[kept], grade[kept]))
        rows, products, grades = map(np.concatenate, zip(*parts, strict=True))
        return rows, products, grades

    def graded(self, need: Any) -> tuple[Ids, Grades]:
        """All candidates for a need, and their grades."""
        ids = self.candidates(need)
        return ids, self.relevance.grade(need, ids)

    def candidates(self, need: int | np.integer) -> Ids:
        """Ids of all products whose grade may be above zero, and some others."""
        words, needs = self.relevance.words, self.relevance.needs
        kind = int(needs.kind[need])
        if kind < 0:
            kinds = words.kinds_for[needs.use[need]]
        elif needs.line[need] >= 0:
            kinds = np.array([kind])
        else:
            family = np.flatnonzero(words.family == words.family[kind])
            others = words.accessories.table[kind, : words.accessories.count[kind]]
            kinds = np.union1d(family, others)
        parts = [self.order[self.start[k] : self.start[k + 1]] for k in kinds]
        return np.concatenate([self.order[:0], *parts])


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
