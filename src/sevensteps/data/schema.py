"""What a case's tables look like: their columns, and what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["id", "category", "text", "number", "time", "flag"]
Bounds = Mapping[str, tuple[float, float]]  # of numbers, by name


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    kind : what it is read as. An id is text whatever it looks like: 0007 is not 7
    required : whether the table must have it; then no row may lack it either
    complete : whether no row may lack it, if the table has it
    unique : whether no value may stand twice
    low, high : bounds of a number
    choices : what a category may be; empty: anything
    """

    kind: Kind
    required: bool = False
    complete: bool = False
    unique: bool = False
    low: float = -1e12
    high: float = 1e12
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataSchema:
    """The tables that a case takes.

    Attributes
    ----------
    main : str        the table that must be there
    tables : columns by name, by table
    clock : str       the time column of the main table that all others are told by;
                      empty if there are no times
    settings : bounds of numbers that the mapping file may set, by name, by section
    files : names of further files, which the case reads itself
    """

    main: str
    tables: Mapping[str, Mapping[str, Column]]
    clock: str = ""
    settings: Mapping[str, Bounds] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def required(self, table: str) -> list[str]:
        """The columns that a table must have."""
        return [name for name, c in self.tables[table].items() if c.required]
