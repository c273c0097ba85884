"""Checks of tables that a reader brings: every fault by table, column and row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa

SHOWN = 10  # faults named in one message


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Which tables a case takes, and what may stand in them.

    Attributes
    ----------
    main : str                the table that must be there
    required, optional : columns by table
    numbers, times, flags : names of columns that are to be parsed as such
    schemas : what values are possible, by table
    extra : sections of the mapping file that are no tables, and their entries
    """

    main: str
    required: Mapping[str, tuple[str, ...]]
    optional: Mapping[str, tuple[str, ...]]
    numbers: frozenset[str]
    times: frozenset[str]
    flags: frozenset[str]
    schemas: Mapping[str, pa.DataFrameSchema]
    extra: Mapping[str, frozenset[str]]


class BadTable(ValueError):
    """A table that cannot be used; the message names table, column and row."""


def faults(table: str, column: str, rows: Iterable[tuple[int, str]]) -> BadTable:
    """An error that names the first faulty rows, counted from 1 below the header."""
    named = list(rows)
    lines = [f"{table}.{column} has impossible values (rows count without the header)"]
    lines += [f"  row {row + 1}: {why}" for row, why in named[:SHOWN]]
    if len(named) > SHOWN:
        lines.append(f"  … and {len(named) - SHOWN:,} more")
    lines.append("Correct these rows, or leave them out, and run it again.")
    return BadTable("\n".join(lines))


def one_of(values: tuple[str, ...]) -> pa.Column:
    """A category, possibly missing."""
    check = pa.Check.isin(values, error=f"must be one of {', '.join(values)}")
    return pa.Column(checks=check, nullable=True, required=False)


def within(low: float, high: float) -> pa.Column:
    """A number between two bounds, possibly missing."""
    check = pa.Check.in_range(low, high, error=f"must lie in [{low:g}, {high:g}]")
    return pa.Column(float, check, nullable=True, required=False)


def finite(nullable: bool = True, positive: bool = False) -> pa.Column:
    """A finite number; with `positive`, zero or more."""
    limit = pa.Check.in_range(
        0 if positive else -1e12,
        1e12,
        error="must be at least 0 and finite" if positive else "must be finite",
    )
    return pa.Column(float, limit, nullable=nullable, required=False)


def key(unique: bool = False) -> pa.Column:
    """An id of any type, never missing."""
    return pa.Column(nullable=False, unique=unique)


def check_columns(spec: TableSpec, table: str, frame: pd.DataFrame) -> None:
    """Raise if a required column is missing, and say how to name it."""
    missing = [c for c in spec.required[table] if c not in frame]
    if missing:
        example = "\n".join(f'  {c} = "name in your file"' for c in missing)
        raise BadTable(
            f"{table} lacks {', '.join(missing)}; it has {', '.join(frame.columns)}.\n"
            f"If they go by other names, write a columns.toml beside the file:\n"
            f"  [{table}]\n{example}"
        )
    if frame.empty and table == spec.main:
        raise BadTable(f"{table} has no rows")


def check_values(spec: TableSpec, table: str, frame: pd.DataFrame) -> None:
    """Raise on the first column with an impossible value, naming its rows."""
    try:
        spec.schemas[table].validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        column = cases["column"].iloc[0]
        mine = cases[cases["column"] == column]
        rows = zip(mine["index"], mine["failure_case"], mine["check"], strict=True)
        told = sorted((int(i), _why(value, check)) for i, value, check in rows)
        raise faults(table, column, told) from None


def _why(value: object, check: str) -> str:
    """A failed check of Pandera's, as a reader would say it."""
    if check == "not_nullable":
        return "is missing"
    return f"{value!r} {'occurs twice' if check == 'field_uniqueness' else check}"
