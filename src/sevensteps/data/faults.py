"""Errors about a reader's tables: every fault by table, column and row."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

SHOWN = 10  # faults named in one message
LONGEST = 40  # characters of a value in a message


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


def refuse(
    table: str, column: str, bad: ArrayLike, values: pd.Series | None, why: str
) -> None:
    """Raise if any row is `bad`, showing its value, if any, before `why`."""
    rows = np.flatnonzero(np.asarray(bad, bool))
    if len(rows):
        told = ("" if values is None else shown(values.iloc[i]) for i in rows)
        named = [f"{value} {why}".strip() for value in told]
        raise faults(table, column, zip(map(int, rows), named, strict=True))


def shown(value: object) -> str:
    """A value as its reader would write it, shortened; nothing if it is missing."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text):,} characters)"


def listed(names: Iterable[object]) -> str:
    """Names for a message, quoted where blanks would be overlooked, and shortened."""
    every = [str(name) for name in names]
    short = [
        name if re.fullmatch(r"\S+", name) and len(name) <= LONGEST else shown(name)
        for name in every[: 2 * SHOWN]
    ]
    more = [f"… and {len(every) - len(short):,} more"] * (len(every) > len(short))
    return ", ".join([*short, *more]) or "nothing"
