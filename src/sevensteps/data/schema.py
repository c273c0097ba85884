"""What a case's tables look like: their columns, and what may stand in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["id", "category", "text", "number", "time", "flag"]
Bounds = Mapping[str, tuple[float, float]]  # of numbers, by name


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    kind: Kind  # an id is text whatever it looks like: 0007 is not 7
    required: bool = False  # the table must have it; then no row may lack it either
    complete: bool = False  # no row may lack it, if the table has it
    unique: bool = False  # no value may stand twice
    low: float = -1e12  # of a number
    high: float = 1e12
    choices: tuple[str, ...] = ()  # what a category may be; empty: anything


@dataclass(frozen=True, slots=True)
class DataSchema:
    """The tables that a case takes."""

    main: str  # the table that must be there
    tables: Mapping[str, Mapping[str, Column]]  # columns by name, by table
    #: The time column of the main table that the others are told by, if there are any.
    clock: str = ""
    #: Bounds of numbers that the mapping file may set, by section.
    settings: Mapping[str, Bounds] = field(default_factory=dict)
    files: tuple[str, ...] = ()  # further ones, which the case reads itself

    def required(self, table: str) -> list[str]:
        """The columns that a table must have."""
        return [name for name, c in self.tables[table].items() if c.required]
