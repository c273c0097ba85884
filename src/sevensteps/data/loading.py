"""Tables from a folder of Parquet or CSV files, under our names, parsed and checked.

What a reader calls by other names is told in `columns.toml`; nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from .faults import BadTable, faults, listed
from .files import choose, find_file, read_file
from .mapping import MAPPING, Names, read_names
from .schema import DataSchema
from .times import DAY, Instants, check_clock, instants, same_clock, told
from .values import check, parse, plain

MOST_SECONDS = 2**31 - 2**20  # from the first midnight: worlds count in 32 bits


@dataclass(frozen=True, slots=True)
class Tables:
    """A reader's tables under our names.

    Attributes
    ----------
    frames : by table; times are float64 seconds since `start`
    settings : numbers of the mapping file, by name, by section
    notes : what was assumed, is missing, or was not used
    start : the midnight that seconds are counted from; None for plain seconds
    """

    frames: dict[str, pd.DataFrame]
    settings: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    start: pd.Timestamp | None = None

    def day_name(self, day: int) -> str:
        """A day that is counted from `start`, as its reader would know it."""
        if self.start is None:
            return f"day {day}"
        return str((self.start + pd.Timedelta(days=day)).date())


def load(schema: DataSchema, directory: Path | str) -> Tables:
    """The tables of a folder, every value checked.

    Parameters
    ----------
    schema : DataSchema
    directory : path          holds the main table, and others if they are there

    Returns
    -------
    Tables

    Raises
    ------
    FileNotFoundError         if there is no directory or not the main table
    BadTable                  (a ValueError) names table, column and row of a fault
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no directory {folder}: give one with {schema.main}.csv or "
            f"{schema.main}.parquet"
        )
    names, notes = read_names(schema, folder), list[str]()
    files = {t: find_file(folder, t, names.file.get(t)) for t in schema.tables}
    _require_main(schema, folder, files)
    frames, times = dict[str, pd.DataFrame](), dict[str, Instants]()
    for table, path in files.items():
        if path is not None:
            found = _named(schema, table, path, names, notes)
            frames[table], more = _parsed(schema, table, found, notes)
            times |= more
    start = _aligned(schema, frames, times, notes) if schema.clock else None
    _tell_unused(folder, files, (MAPPING, *schema.files), notes)
    return Tables(frames, names.settings, notes, start)


def _require_main(
    schema: DataSchema, folder: Path, files: dict[str, Path | None]
) -> None:
    if files[schema.main] is None:
        found = listed(sorted(p.name for p in folder.iterdir()))
        raise FileNotFoundError(
            f"{folder} has no {schema.main}.parquet or {schema.main}.csv; it holds "
            f'{found}. Another name is told in {MAPPING}: [{schema.main}] file = "…"'
        )


def _named(
    schema: DataSchema, table: str, path: Path, names: Names, notes: list[str]
) -> dict[str, pa.ChunkedArray]:
    """The columns of a file that are ours, by our names."""
    mapped = names.columns.get(table, {})
    theirs = {ours: mapped.get(ours, ours) for ours in schema.tables[table]}
    hidden = {o for o, t in theirs.items() if o not in mapped and t in mapped.values()}
    found = read_file(path)
    choose(found, path, set(theirs.values()))
    if absent := sorted(set(mapped.values()) - set(found.column_names)):
        raise BadTable(
            f"{MAPPING} [{table}] names {listed(absent)}, which {path.name} lacks; it "
            f"has {listed(found.column_names)}"
        )
    if clash := [ours for ours in hidden if ours in schema.required(table)]:
        raise BadTable(
            f"{MAPPING} [{table}]: {theirs[clash[0]]} is both {clash[0]} and another "
            f"column of ours; say which column is {clash[0]}"
        )
    columns = {
        o: found[t]
        for o, t in theirs.items()
        if t in found.column_names and o not in hidden
    }
    unused = [
        n for n in found.column_names if n and n not in {theirs[o] for o in columns}
    ]
    _check_columns(schema, table, columns, unused)
    if unused:
        notes.append(f"{table}: not used: {listed(unused)}")
    return columns


def _check_columns(
    schema: DataSchema,
    table: str,
    columns: dict[str, pa.ChunkedArray],
    unused: list[str],
) -> None:
    """Raise if a required column or every row is missing, and say what to do."""
    if missing := [name for name in schema.required(table) if name not in columns]:
        example = "\n".join(f'  {name} = "name in your file"' for name in missing)
        raise BadTable(
            f"{table} lacks {', '.join(missing)}; of your columns, not ours are "
            f"{listed(unused)}.\nIf they go by other names, write a {MAPPING} beside "
            f"the file:\n  [{table}]\n{example}"
        )
    if table == schema.main and not len(next(iter(columns.values()))):
        raise BadTable(f"{table} has no rows")


def _parsed(
    schema: DataSchema,
    table: str,
    columns: dict[str, pa.ChunkedArray],
    notes: list[str],
) -> tuple[pd.DataFrame, dict[str, Instants]]:
    """Each column as its kind; times apart, by `table.column`, as they are aligned."""
    made: dict[str, pd.Series] = {}
    times = {}
    for name, raw in columns.items():
        column, values = schema.tables[table][name], plain(table, name, raw)
        if not column.required and len(values) and values.null_count == len(values):
            notes.append(f"{table}.{name} is empty: as if it were not there")
        elif column.kind == "time":
            times[f"{table}.{name}"] = instants(table, name, values, notes)
            made[name] = pd.Series(times[f"{table}.{name}"].seconds)
            check(table, name, column, made[name])
        else:
            made[name] = parse(table, name, column, values, notes)
    return pd.DataFrame(made), times


def _aligned(
    schema: DataSchema,
    frames: dict[str, pd.DataFrame],
    times: dict[str, Instants],
    notes: list[str],
) -> pd.Timestamp | None:
    """Count all times from the first midnight; where that is."""
    clock = f"{schema.main}.{schema.clock}"
    check_clock(schema.main, schema.clock, times[clock])
    same_clock(times, clock, notes)
    dated = times[clock].dated
    start = float(times[clock].seconds.min() // DAY * DAY) if dated else 0.0
    for place, time in times.items():
        table, name = place.split(".")
        since = np.floor(time.seconds - start)
        rows = np.flatnonzero(np.abs(since) > MOST_SECONDS)
        far = f"lies more than 68 years from {clock}: if unknown, leave it empty"
        if len(rows):
            named = [(int(i), f"{told(time.seconds[i], dated)} {far}") for i in rows]
            raise faults(table, name, named)
        frames[table][name] = since
    return pd.Timestamp(start, unit="s") if dated else None


def _tell_unused(
    folder: Path,
    files: dict[str, Path | None],
    known: tuple[str, ...],
    notes: list[str],
) -> None:
    """Note what lies beside the tables and was not read."""
    read = {path.resolve() for path in files.values() if path is not None}
    beside = [
        p.name
        for p in sorted(folder.iterdir())
        if p.resolve() not in read
        and p.name not in known
        and not p.name.startswith(".")
    ]
    if beside:
        notes.append(f"not read: {listed(beside)}")
