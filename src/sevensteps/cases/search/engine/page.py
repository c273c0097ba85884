"""What may be shown: a shopper's filters, and rules of the page.

What a shopper ticked beside the query are hard conditions, unlike words. The rules are
few and plain, since nobody measures them one by one: what cannot be delivered comes
last, and no brand fills the first places.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.rank.text import Ids

from .query import Query
from .shop import Documents


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that all must hold: a field has one of some names, a price is in."""

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (field, names) pairs
    price_min: float | None = None
    price_max: float | None = None
    in_stock: bool = False  # only what can be delivered

    def __bool__(self) -> bool:
        return self != Filters()

    def passes(self, documents: Documents, ids: Ids) -> NDArray[np.bool_]:
        """(k,) whether each product passes."""
        ok = np.ones(len(ids), bool)
        for field, names in self.values:
            column = documents.fields[field]
            codes = [column.names.index(name) for name in names]
            ok &= np.isin(column.code[ids], codes)
        price = documents.numbers["price"]
        if self.price_min is not None:
            ok &= price[ids] >= self.price_min
        if self.price_max is not None:
            ok &= price[ids] <= self.price_max
        if self.in_stock:
            ok &= documents.numbers["in_stock"][ids] > 0
        return ok

    def check(self, documents: Documents) -> None:
        """Raises ValueError for a field or a name that the catalogue lacks."""
        for field, names in self.values:
            if field not in documents.fields:
                raise ValueError(f"there is no field {field!r}")
            for name in names:
                if name not in documents.fields[field].names:
                    raise ValueError(f"no product has the {field} {name!r}")


@dataclass(frozen=True, slots=True)
class PageRules:
    """How many products of one brand may stand among the first places."""

    per_brand: int = 3  # unless the brand was asked for
    first: int = 10


def arranged(
    query: Query, ids: Ids, documents: Documents, rules: PageRules
) -> list[int]:
    """A ranked list of (k,) ids as it is shown, best first; -1 is left out.

    What is in stock and as asked for comes first, then what breaks a constraint (a
    price bound, a value that is not wanted), then what cannot be delivered.
    """
    kept = ids[ids >= 0]
    gone = documents.numbers["in_stock"][kept] == 0
    late = 2 * gone + _unwanted(query, documents, kept)
    shown = kept[np.argsort(late, kind="stable")]
    fine = int((late == 0).sum())
    if not any(name == "brand" for name, _ in query.attributes):
        shown = np.concatenate([_spread(shown[:fine], documents, rules), shown[fine:]])
    told: list[int] = shown.tolist()
    return told


def _unwanted(query: Query, documents: Documents, ids: Ids) -> NDArray[np.bool_]:
    """What breaks a bound of the price, or has a value that is not wanted."""
    broken, price = np.zeros(len(ids), bool), documents.numbers["price"][ids]
    for name, value in query.attributes:
        if name == "price_min":
            broken |= price < float(value)
        elif name == "price_max":
            broken |= price > float(value)
        column = documents.fields.get(name.removeprefix("not "))
        if name.startswith("not ") and column is not None and value in column.names:
            broken |= column.code[ids] == column.names.index(value)
    return broken


def _spread(ids: Ids, documents: Documents, rules: PageRules) -> Ids:
    """No brand more than so many times among the first places, if others are there."""
    often: Counter[int] = Counter()
    chosen: list[int] = []
    for at, brand in enumerate(documents.fields["brand"].code[ids].tolist()):
        if len(chosen) == rules.first:
            break
        if brand < 0 or often[brand] < rules.per_brand:
            often[brand] += 1
            chosen.append(at)
    return np.concatenate([ids[chosen], np.delete(ids, chosen)])
