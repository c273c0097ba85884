"""Quantities with units: an estimate that adds bytes to euros stops there and then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pint

units = pint.UnitRegistry()
for _definition in (
    "payment = [payment]",
    "request = [request]",
    "row = [row]",
    "card = [card]",
    "key = [key]",
    "user = [user]",
    "item = [item]",
    "machine = [machine]",
    "euro = [currency] = EUR",
):
    units.define(_definition)
units.formatter.default_format = "~P"

Quantity = Any  # pint's quantities are typed by what they hold, not by their unit
Amount = Any  # a quantity, or a text that reads as one: "50 ms"


def Q(value: Amount, unit: str = "") -> Quantity:
    """A quantity from a number and a unit, or from one text.

    Parameters
    ----------
    value : number, str or quantity
    unit : str                any unit that pint knows, and payment, request, row, card,
                              key, user, item, machine, euro

    Raises
    ------
    ValueError                the text names no known unit

    Examples
    --------
    >>> Q(50, "ms") < Q("1 s")
    True
    >>> print(Q("86400 payment/day").to("payment/second"))
    1.0 payment/s
    """
    try:
        if isinstance(value, str):
            return units.Quantity(value)
        return value if hasattr(value, "units") else units.Quantity(value, unit)
    except (pint.UndefinedUnitError, pint.DefinitionSyntaxError) as error:
        raise ValueError(f"cannot read {value!r} {unit}: {error}") from None


def as_unit(name: str, value: Amount, unit: str) -> Quantity:
    """Convert to a unit, or say which argument has the wrong kind of unit."""
    quantity = Q(value)
    try:
        return quantity.to(unit)
    except pint.DimensionalityError:
        raise ValueError(
            f"`{name}` is {quantity}, which is no amount of {unit}: check its unit"
        ) from None


def readable(value: Amount) -> Quantity:
    """The same quantity in a unit that leaves few digits: 10.9 TB, not 1.09e13 B.

    >>> print(readable(Q(10_950_000_000_000, "byte")))
    10.95 TB
    >>> print(readable("0.0042 second"))
    4.2 ms
    """
    quantity = Q(value)
    names = str(quantity.units)
    sized = quantity.check("[time]") or names in ("B", "b")
    return quantity.to_compact() if sized and quantity.magnitude > 0 else quantity


def tidy(named: Mapping[str, Amount]) -> pd.DataFrame:
    """Named quantities as a table with a column of numbers and one of units.

    >>> tidy({"log": Q(7.3e12, "byte"), "machines": Q(4, "machine")})
              value     unit
    log         7.3       TB
    machines    4.0  machine
    """
    values = [readable(value) for value in named.values()]
    return pd.DataFrame(
        {
            "value": [float(f"{q.magnitude:.3g}") for q in values],
            "unit": [f"{q.units}" for q in values],
        },
        index=list(named),
    )
