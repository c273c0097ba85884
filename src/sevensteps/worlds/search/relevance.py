"""How well a product answers a need: grades from 0 to 4, for any pair.

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

import numpy as np
from numpy.typing import NDArray

from .catalogue import Products
from .needs import Needs
from .phrases import Grammar
from .records import Flags, Ids

Grades = NDArray[np.int8]
_ASKED = ("colour", "material", "style", "size")


@dataclass(frozen=True, slots=True)
class Relevance:
    """Grades of products for needs."""

    words: Grammar
    needs: Needs
    products: Products

    def grade(self, need: Ids, product: Ids, *, kind: Ids | None = None) -> Grades:
        """The grade of each pair; the arrays broadcast.

        Parameters
        ----------
        kind : what the products pass for; what they are when absent
        """
        needs, products = self.needs, self.products
        of = products.kind[product] if kind is None else kind
        wanted = needs.kind[need]
        same = of == wanted
        missing = self.missing(need, product)
        family = self.words.family
        stand_in = family[of] == family[np.maximum(wanted, 0)]
        goes_with = self.words.accessories.has(np.maximum(wanted, 0), of)
        as_kind = np.select(
            [same, stand_in, goes_with],
            [4 - np.minimum(missing, 2), np.where(missing == 0, 2, 1), 1],
            0,
        )
        own_brand = same & (products.brand[product] == needs.brand[need])
        line = needs.line[need]
        own_line = own_brand & (products.line[product] == line)
        as_line = np.select(
            [own_line, own_brand, same], [np.where(missing == 0, 4, 3), 2, 1], 0
        )
        grade = np.where(line >= 0, as_line, as_kind)
        as_use = self._for_use(needs.use[need], product, of)
        return np.where(wanted >= 0, grade, as_use).astype(np.int8)

    def missing(self, need: Ids, product: Ids) -> NDArray[np.int8]:
        """How many of the things asked for each product lacks."""
        lacks = self._lacks("brand", need, product).astype(np.int8)
        for name in _ASKED:
            lacks += self._lacks(name, need, product)
        feature = self.needs.feature[need]
        has = (self.products.feature[product] == feature[..., None]).any(axis=-1)
        return lacks + ((feature >= 0) & ~has)

    def _lacks(self, name: str, need: Ids, product: Ids) -> Flags:
        wanted = getattr(self.needs, name)[need]
        return np.asarray(
            (wanted >= 0) & (getattr(self.products, name)[product] != wanted)
        )

    def _for_use(self, use: Ids, product: Ids, of: Ids) -> NDArray[np.int64]:
        best, good = (self.products.use[product, j] == use for j in range(2))
        serves = self.words.uses.has(of, use)
        return np.asarray(np.select([best, good, serves], [4, 3, 2], 0))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Products by kind, to find all that could answer a need."""

    relevance: Relevance
    order: Ids  # product ids, kind by kind
    start: NDArray[np.int64]  # (kinds + 1,)

    @classmethod
    def of(cls, relevance: Relevance) -> Shelf:
        """The shelf of all products."""
        kind = relevance.products.kind
        order = np.argsort(kind, kind="stable").astype(np.int32)
        n_kinds = len(relevance.words.demand)
        return cls(
            relevance, order, np.searchsorted(kind[order], np.arange(n_kinds + 1))
        )

    def answers(self, need: Ids, at_least: int) -> tuple[NDArray[np.intp], Ids, Grades]:
        """Position in `need`, product and grade of all that deserve a grade.

        Raises
        ------
        ValueError
            unless `at_least` lies in 1 to 4
        """
        if not 1 <= at_least <= 4:
            raise ValueError(f"grades above zero are 1 to 4; got {at_least}")
        found = [self.at_least(n, at_least) for n in need]
        none = np.empty(0, np.int32), np.empty(0, np.int8)
        ids, grade = (np.concatenate(c) for c in zip(none, *found, strict=True))
        row = np.repeat(np.arange(len(need)), [len(ids) for ids, _ in found])
        return row, ids, grade

    def at_least(self, need: int | np.integer, grade: int) -> tuple[Ids, Grades]:
        """Ids and grades of all products that deserve the grade or a better one."""
        ids = self.candidates(need)
        given = self.relevance.grade(np.full(len(ids), need), ids)
        kept = given >= grade
        return ids[kept], given[kept]

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
        return np.concatenate(parts) if parts else self.order[:0]
