"""Rules of the page: what a shop does to a ranked list before anybody sees it.

They are few and plain, since nobody measures them one by one: what cannot be delivered
comes last, no brand fills the first places, and merchandisers have the last word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .documents import Documents, Ids
from .query import Query


@dataclass(frozen=True, slots=True)
class PageRules:
    """A shop's rules of the page.

    Attributes
    ----------
    per_brand : products of one brand among the first places, unless it was asked for
    first : how many places that concerns
    pinned : query (`Query.normalised`) to products that come first
    banned : products that are never shown
    """

    per_brand: int = 3
    first: int = 10
    pinned: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    banned: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.per_brand < 1 or self.first < 1:
            raise ValueError("per_brand and first must be at least 1")


def arranged(
    query: Query, ids: Ids, documents: Documents, rules: PageRules, *, pins: bool = True
) -> list[int]:
    """A ranked list as it is shown.

    What is in stock and as asked for comes first, then what breaks a constraint (a
    price bound, a value that is not wanted), then what cannot be delivered.

    Parameters
    ----------
    ids : (k,) best first; -1 is left out
    pins : whether pinned products may come in from outside the list
    """
    kept = ids[(ids >= 0) & ~np.isin(ids, [*rules.banned])]
    late = 2 * _gone(documents, kept) + _unwanted(query, documents, kept)
    shown = kept[np.argsort(late, kind="stable")]
    fine = int((late == 0).sum())
    if not any(name == "brand" for name, _ in query.attributes):
        shown = np.concatenate([_spread(shown[:fine], documents, rules), shown[fine:]])
    first = _pinned(query, documents, rules)
    if not pins:
        first = [product for product in first if product in shown]
    return [*first, *(product for product in shown.tolist() if product not in first)]


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


def _pinned(query: Query, documents: Documents, rules: PageRules) -> list[int]:
    """Pinned products that are there and can be delivered."""
    wanted = dict.fromkeys(rules.pinned.get(query.normalised, ()))
    there = [p for p in wanted if 0 <= p < len(documents) and p not in rules.banned]
    gone = _gone(documents, np.array(there, np.int32))
    return [p for p, late in zip(there, gone, strict=True) if not late]
