"""What a shopper ticked beside the query: hard conditions, unlike words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .documents import Documents, Ids


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
