"""What tables a case takes; faults of a reader's tables by table, column and row."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

SHOWN = 10  # faults named in one message
LONGEST = 40  # characters of a value in a message


class BadTable(ValueError):
    """A table that cannot be used; the message names table, column and row."""


def shown(value: object) -> str:
    """A value as its reader would write it, shortened; nothing if it is missing."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text):,} characters)"


def refuse(
    table: str,
    column: str,
    bad: ArrayLike,
    values: Any,
    why: str,
    show: Callable[[Any], str] = shown,
) -> None:
    """Raise if any row is `bad`: by number from 1, value (None shows none), and why."""
    rows = np.flatnonzero(np.asarray(bad, bool))
    if not len(rows):
        return
    lines = [f"{table}.{column} has impossible values (rows count without the header)"]
    for row in rows[:SHOWN]:
        value = "" if values is None else show(pd.Series(values).iloc[row])
        lines.append(f"  row {row + 1}: {f'{value} {why}'.strip()}")
    if len(rows) > SHOWN:
        lines.append(f"  … and {len(rows) - SHOWN:,} more")
    lines.append("Correct these rows, or leave them out, and run it again.")
    raise BadTable("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Place:
    """A column of a reader's table while it is read, and what is told of it."""

    table: str
    name: str
    notes: list[str] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"

    def refuse(self, bad: ArrayLike, values: Any, why: str, **how: Any) -> None:
        """Raise if any row is `bad`."""
        refuse(self.table, self.name, bad, values, why, **how)


def listed(names: Iterable[object]) -> str:
    """Names for a message, quoted where blanks would be overlooked, and shortened."""
    every = [str(name) for name in names]
    short = [
        name if re.fullmatch(r"\S+", name) and len(name) <= LONGEST else shown(name)
        for name in every[: 2 * SHOWN]
    ]
    more = [f"… and {len(every) - len(short):,} more"] * (len(every) > len(short))
    return ", ".join([*short, *more]) or "nothing"


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
