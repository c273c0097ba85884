"""Rules of the page: what a shop does to a ranked list before anybody sees it.

They are few and plain, since nobody measures them one by one: what cannot be delivered
comes last, and no brand fills the first places.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .documents import Documents, Ids
from .query import Query


@dataclass(frozen=True, slots=True)
class PageRules:
    """How many products of one brand may stand among the first places."""

    per_brand: int = 3  # unless the brand was asked for
    first: int = 10

    def __post_init__(self) -> None:
        if self.per_brand < 1 or self.first < 1:
            raise ValueError("per_brand and first must be at least 1")


def arranged(
    query: Query, ids: Ids, documents: Documents, rules: PageRules
) -> list[int]:
    """A ranked list of (k,) ids as it is shown, best first; -1 is left out.

    What is in stock and as asked for comes first, then what breaks a constraint (a
    price bound, a value that is not wanted), then what cannot be delivered.
    """
    kept = ids[ids >= 0]
    late = 2 * _gone(documents, kept) + _unwanted(query, documents, kept)
    shown = kept[np.argsort(late, kind="stable")]
    fine = int((late == 0).sum())
    if not any(name == "brand" for name, _ in query.attributes):
        shown = np.concatenate([_spread(shown[:fine], documents, rules), shown[fine:]])
    told: list[int] = shown.tolist()
    return told


def _gone(documents: Documents, ids: Ids) -> NDArray[np.bool_]:
    """What cannot be delivered."""
    stock = documents.numbers.get("in_stock")
    return np.zeros(len(ids), bool) if stock is None else stock[ids] == 0


def _unwanted(query: Query, documents: Documents, ids: Ids) -> NDArray[np.bool_]:
    """What breaks a bound of the price, or has a value that is not wanted."""
    broken = np.zeros(len(ids), bool)
    for name, value in query.attributes:
        if name in ("price_min", "price_max") and "price" in documents.numbers:
            price, bound = documents.numbers["price"][ids], float(value)
            broken |= price < bound if name == "price_min" else price > bound
        column = documents.fields.get(name.removeprefix("not "))
        if name.startswith("not ") and column is not None and value in column.names:
            broken |= column.code[ids] == column.names.index(value)
    return broken


def _spread(ids: Ids, documents: Documents, rules: PageRules) -> Ids:
    """No brand more than so many times among the first places, if others are there."""
    column = documents.fields.get("brand")
    if column is None:
        return ids
    often: Counter[int] = Counter()
    chosen: list[int] = []
    for at, brand in enumerate(column.code[ids].tolist()):
        if len(chosen) == rules.first:
            break
        if brand < 0 or often[brand] < rules.per_brand:
            often[brand] += 1
            chosen.append(at)
    return np.concatenate([ids[chosen], np.delete(ids, chosen)])
