"""Tables from a folder of Parquet or CSV files, under our names, parsed and checked.

What a reader calls by other names is told in `columns.toml`; nothing is guessed.
"""

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from .files import MAPPING, Names, choose, find_file, read_file, read_names
from .schema import BadTable, DataSchema, Place, listed
from .times import DAY, Instants, check_clock, instants, same_clock
from .values import check, parse, plain

MOST_SECONDS = 2**31 - 2**20  # from the first midnight: worlds count in 32 bits


@dataclass(frozen=True, slots=True)
class Tables:
    """A reader's tables under our names."""

    frames: dict[str, pd.DataFrame]  # times are float64 seconds since `start`
    #: Numbers of the mapping file, by name, by section.
    settings: dict[str, dict[str, float]] = field(default_factory=dict)
    #: What was assumed, is missing, or was not used.
    notes: list[str] = field(default_factory=list)
    #: The midnight that seconds are counted from; None for plain seconds.
    start: pd.Timestamp | None = None

    def day_name(self, day: int) -> str:
        """A day that is counted from `start`, as its reader would know it."""
        if self.start is None:
            return f"day {day}"
        return str((self.start + pd.Timedelta(days=day)).date())


def load(schema: DataSchema, directory: Path | str) -> Tables:
    """The tables of a folder, every value checked.

    Raises
    ------
    FileNotFoundError         if there is no directory or not the main table
    BadTable                  (a ValueError) names table, column and row of a fault
    """
    folder, main = Path(directory), schema.main
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no directory {folder}: give one with {main}.csv or {main}.parquet"
        )
    names, notes = read_names(schema, folder), list[str]()
    files = {
        table: path
        for table in schema.tables
        if (path := find_file(folder, table, names.file.get(table)))
    }
    if main not in files:
        found = listed(sorted(p.name for p in folder.iterdir()))
        raise FileNotFoundError(
            f"{folder} has no {main}.parquet or {main}.csv; it holds {found}. Another "
            f'name is told in {MAPPING}: [{main}] file = "…"'
        )
    frames, times = dict[str, pd.DataFrame](), list[Instants]()
    for table, path in files.items():
        columns = _named(schema, table, path, names, notes)
        frames[table] = _parsed(schema, table, columns, times, notes)
    start = _aligned(schema, frames, times, notes) if schema.clock else None
    known = {path.resolve() for path in files.values()}
    known |= {(folder / name).resolve() for name in (MAPPING, *schema.files)}
    beside = [p for p in sorted(folder.iterdir()) if p.resolve() not in known]
    if unread := [p.name for p in beside if not p.name.startswith(".")]:
        notes.append(f"not read: {listed(unread)}")
    return Tables(frames, names.settings, notes, start)


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
    used = {o: t for o, t in theirs.items() if o not in hidden}
    columns = {o: found[t] for o, t in used.items() if t in found.column_names}
    taken = {theirs[ours] for ours in columns}
    unused = [name for name in found.column_names if name and name not in taken]
    _check_columns(schema, table, columns, unused)
    if unused:
        notes.append(f"{table}: not used: {listed(unused)}")
    return columns


def _check_columns(
    schema: DataSchema, table: str, columns: Mapping[str, Sized], unused: list[str]
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
    times: list[Instants],
    notes: list[str],
) -> pd.DataFrame:
    """Each column as its kind asks for; its times are also added to `times`."""
    made: dict[str, pd.Series] = {}
    for name, raw in columns.items():
        at, column = Place(table, name, notes), schema.tables[table][name]
        values = plain(at, raw)
        if not column.required and len(values) and values.null_count == len(values):
            notes.append(f"{at} is empty: as if it were not there")
        elif column.kind == "time":
            times.append(instants(at, values))
            made[name] = pd.Series(times[-1].seconds)
            check(at, column, made[name])
        else:
            made[name] = parse(at, column, values)
    return pd.DataFrame(made)


def _aligned(
    schema: DataSchema,
    frames: dict[str, pd.DataFrame],
    times: list[Instants],
    notes: list[str],
) -> pd.Timestamp | None:
    """Count all times from the first midnight; where that is."""
    clock = Place(schema.main, schema.clock, notes)
    main = next(time for time in times if time.at == clock)
    check_clock(main)
    same_clock(main, times, notes)
    start = float(main.seconds.min() // DAY * DAY) if main.dated else 0.0
    for time in times:
        since = np.floor(time.seconds - start)
        far = f"lies more than 68 years from {clock}: if unknown, leave it empty"
        time.refuse(np.abs(since) > MOST_SECONDS, far)
        frames[time.at.table][time.at.name] = since
    return pd.Timestamp(start, unit="s") if main.dated else None
