"""What people are after, and how well a product answers it.

Relevance to a need is a grade from 0 to 4, for any pair.

A need for a kind of product counts what was asked for: a colour, a material, a size,
a feature, a style, a brand. 4: the kind, with all that was asked. 3: one thing is
missing. 2: more is missing, or a kind of the same family with all of it. 1: of that
family with less, or what goes with the kind. 0: anything else.

A need for a series of a brand. 4: that series, with all that was asked. 3: that series,
something missing. 2: the brand's kind of another series. 1: the kind. 0: anything else.

A need for a use. 4: made for it. 3: good for it. 2: of a kind that serves it. 0: else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.world import stream

from .catalogue import Making, Products, Traits
from .records import Flags, Ids, Part, SearchSize
from .words import Grammar

Grades = NDArray[np.int8]
HEADS = 1.5  # demand is taken to this power: the higher, the more go for the same
_SHARES = {  # of the needs that are drawn, by what is asked for
    "kind": 0.22,
    "kind and one": 0.30,
    "kind and two": 0.16,
    "brand and kind": 0.08,
    "series": 0.12,
    "use": 0.12,
}
_ONE = {"colour": 0.30, "material": 0.25, "size": 0.20, "feature": 0.17, "style": 0.08}
_ASKED = ("brand", "colour", "material", "style", "size", "feature")


@dataclass(frozen=True, slots=True)
class Needs(Traits):
    """What may be asked for: one kind, or one use."""

    intent: NDArray[np.int8]  # index into `INTENTS`
    season: NDArray[np.int8]  # index into `SEASONS`
    weight: NDArray[np.float64]  # searches, relative to other needs, out of season


def needs(making: Making, products: Products, size: SearchSize, seed: int) -> Needs:
    """Different needs; how often one was drawn decides how often it is asked.

    Brands and series that are asked for are those of the first day's products.
    """
    words, rng = making.words, stream(seed, Part.NEEDS)
    drawn = _drawn(words, products, size.n_needs, rng)
    keys = np.stack([*drawn.values()], axis=1)
    _, first, count = np.unique(keys, axis=0, return_index=True, return_counts=True)
    weight = count * rng.lognormal(0, 1.1, len(first))
    kept = {name: trait[first] for name, trait in drawn.items()}
    use, kind = kept["use"], kept["kind"]
    season = np.where(use >= 0, words.use_season[use], words.season[kind])
    return Needs(**kept, intent=_intent(kept), season=season, weight=weight)


def _intent(asked: Mapping[str, Ids]) -> NDArray[np.int8]:
    """By what is said: of a kind that has no colours, none can be asked."""
    more = np.any([asked[name] >= 0 for name in _ASKED], axis=0)
    series, for_use = asked["line"] >= 0, asked["use"] >= 0
    return np.select([series, for_use, more], [0, 3, 1], 2).astype(np.int8)


def _drawn(
    words: Grammar, products: Products, n: int, rng: np.random.Generator
) -> dict[str, Ids]:
    """(n,) of each trait: -1 where it is not asked for."""
    u = rng.random((n, 10))
    what = np.array([*_SHARES])[_pick([*_SHARES.values()], u[:, 0])]
    share = words.demand**HEADS
    kind = rng.choice(len(share), n, p=share / share.sum()).astype(np.int32)
    for_use, series = what == "use", what == "series"
    known = _known(products, series, u[:, 3])
    named = series | (what == "brand and kind")
    kind = np.where(named, products.kind[known], kind)
    extras = _extras(what, u[:, 1], u[:, 2])
    more = {
        name: (extras[name], words.choices[name].draw(kind, u[:, j]))
        for j, name in enumerate(("colour", "material", "style", "size", "feature"), 5)
    }
    values: dict[str, tuple[Flags, Any]] = {
        "kind": (~for_use, kind),
        "brand": (named, products.brand[known]),
        "line": (series, products.line[known]),
        **more,
        "use": (for_use, u[:, 4] ** 1.5 * len(words.use_season)),
    }
    return {k: np.where(*v, -1).astype(np.int32) for k, v in values.items()}


def _known(products: Products, series: Flags, u: NDArray[np.float64]) -> Ids:
    """(n,) a product that somebody has in mind: what sells is better known."""
    weight = products.sold_before + 1.0
    of_series = _pick(weight * (products.line >= 0), u)
    return np.where(series, of_series, _pick(weight, u)).astype(np.int32)


def _pick(shares: ArrayLike, u: NDArray[np.float64]) -> NDArray[np.intp]:
    upto = np.cumsum(shares)
    return np.minimum(np.searchsorted(upto, u * upto[-1], "right"), len(upto) - 1)


def _extras(
    what: NDArray[np.str_], u: NDArray[np.float64], v: NDArray[np.float64]
) -> dict[str, Flags]:
    """Which things are asked for beside the kind: none, one or two different ones."""
    one = _pick([*_ONE.values()], u)
    two = (one + 1 + (v * (len(_ONE) - 1)).astype(int)) % len(_ONE)
    some, more = np.isin(what, ("kind and one", "kind and two")), what == "kind and two"
    return {
        name: (some & (one == i)) | (more & (two == i)) for i, name in enumerate(_ONE)
    }


@dataclass(frozen=True)
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
        missing = self._missing(need, product)
        same, stand_in = of == wanted, family[of] == family[wanted]
        goes_with = self.words.choices["kind"].has(wanted, of)
        some = np.where(missing == 0, np.int8(2), np.int8(1))
        best = np.int8(4) - np.minimum(missing, np.int8(2))
        return np.select([same, stand_in, goes_with], [best, some, np.int8(1)], 0)

    def _for_line(self, need: Ids, product: Ids, of: Ids) -> Grades:
        same = of == self.needs.kind[need]
        own_brand = same & ~self._lacks("brand", need, product)
        own_line = own_brand & ~self._lacks("line", need, product)
        whole = np.where(self._missing(need, product) == 0, np.int8(4), np.int8(3))
        return np.select(
            [own_line, own_brand, same], [whole, np.int8(2), np.int8(1)], 0
        )

    def _for_use(self, need: Ids, product: Ids, of: Ids) -> Grades:
        use = self.needs.use[need]
        best, good = (self.products.use[product, j] == use for j in range(2))
        serves = self.words.choices["use"].has(of, use)
        graded = [np.int8(grade) for grade in (4, 3, 2)]
        return np.select([best, good, serves], graded, 0)

    def _missing(self, need: Ids, product: Ids) -> NDArray[np.int8]:
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

    @cached_property
    def by_kind(self) -> list[Ids]:
        """The products of each kind."""
        kind, n_kinds = self.products.kind, len(self.words.demand)
        order = np.argsort(kind, kind="stable").astype(np.int32)
        return np.split(order, np.searchsorted(kind[order], np.arange(1, n_kinds)))

    def candidates(self, need: Any) -> Ids:
        """All products whose grade may be above zero, and some others."""
        words, kind, use = self.words, self.needs.kind[need], self.needs.use[need]
        if kind < 0:
            kinds = np.flatnonzero((words.choices["use"].table == use).any(axis=1))
        elif self.needs.line[need] >= 0:
            kinds = np.array([kind])
        else:
            family = words.family == words.family[kind]
            others = words.choices["kind"].table[kind]
            kinds = np.union1d(np.flatnonzero(family), others[others >= 0])
        return np.concatenate([self.by_kind[k] for k in kinds])

    def graded(self, need: Any) -> tuple[Ids, Grades]:
        """All candidates for a need, and their grades."""
        ids = self.candidates(need)
        return ids, self.grade(need, ids)

    def answers(self, need: Ids, at_least: int) -> tuple[NDArray[np.intp], Ids, Grades]:
        """Position in `need`, product and grade of all that deserve a grade."""
        parts = [(np.empty(0, np.intp), np.empty(0, np.int32), np.empty(0, np.int8))]
        for row, one in enumerate(need):
            ids, grade = self.graded(one)
            kept = grade >= at_least
            parts.append((np.full(kept.sum(), row), ids[kept], grade[kept]))
        rows, products, grades = map(np.concatenate, zip(*parts, strict=True))
        return rows, products, grades
