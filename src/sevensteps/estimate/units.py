"""Quantities with units: an estimate that adds bytes to euros stops there and then."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pint

COUNTED = ("payment", "request", "row", "card", "key", "user", "item", "machine")
units = pint.UnitRegistry()
for _name in COUNTED:
    units.define(f"{_name} = [{_name}]")
units.define("euro = [currency] = EUR")
units.formatter.default_format = "~P"

Quantity = Any  # pint's quantities are typed by what they hold, not by their unit
Amount = Any  # a quantity, or a text that reads as one: "50 ms"


def Q(value: Amount, unit: str = "") -> Quantity:
    """A quantity from a number and a unit, or from one text.

    Parameters
    ----------
    value : number, str or quantity
    unit : str                any unit that pint knows, euro, or one of `COUNTED`; a
                              ValueError for others

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


def per_second(name: str, rate: Amount) -> Quantity:
    """Events per second, whatever the events are."""
    quantity = Q(rate)
    if quantity.dimensionality.get("[time]", 0) != -1:
        raise ValueError(f"`{name}` is {quantity}: give events per time, 'payment/day'")
    return quantity.to_root_units()


def readable(value: Amount) -> Quantity:
    """The same quantity in a unit that leaves few digits: 10.9 TB, not 1.09e13 B.

    >>> print(readable(Q(10_950_000_000_000, "byte")), readable("0.0042 second"))
    10.95 TB 4.2 ms
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
