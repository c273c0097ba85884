"""Tables from a directory of Parquet or CSV files, under our names, parsed and checked.

What a reader calls by other names is told in `columns.toml`; nothing is guessed.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .checks import BadTable, TableSpec, check_columns, check_values
from .parsing import parse

MAPPING = "columns.toml"
ENDINGS = (".parquet", ".csv", ".csv.gz", "")  # the last: a folder of Parquet parts
Frames = dict[str, pd.DataFrame]


def load(spec: TableSpec, directory: Path | str) -> tuple[Frames, dict[str, Any]]:
    """The tables that are there, and what the mapping file says beside them.

    Raises
    ------
    FileNotFoundError         if there is no directory or not the main table
    BadTable                  (a ValueError) names table, column and row of a fault
    """
    folder, main = Path(directory), spec.main
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no directory {folder}: give one with {main}.csv or {main}.parquet"
        )
    mapping = _mapping(spec, folder)
    frames = {}
    for table in spec.required:
        frame = _load(spec, folder, table, dict(mapping.get(table, {})))
        if frame is not None:
            check_columns(spec, table, frame)
            frames[table] = parse(spec, table, frame)
            check_values(spec, table, frames[table])
    if main not in frames:
        found = ", ".join(sorted(p.name for p in folder.iterdir())) or "nothing"
        raise FileNotFoundError(
            f"{folder} has no {main}.parquet or {main}.csv; it holds {found}. "
            f'Another name is told in {MAPPING}: [{main}] file = "…"'
        )
    return frames, mapping


def _mapping(spec: TableSpec, folder: Path) -> dict[str, dict[str, Any]]:
    """The reader's own names, if any; an unknown name of ours is an error."""
    path = folder / MAPPING
    if not path.exists():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadTable(f"{MAPPING} is not valid TOML: {error}") from None
    known = {t: {"file", *spec.required[t], *spec.optional[t]} for t in spec.required}
    known |= {section: set(names) for section, names in spec.extra.items()}
    for table, names in told.items():
        if table not in known or not isinstance(names, dict):
            raise BadTable(f"{MAPPING}: no table {table!r}; ours are {sorted(known)}")
        extra = sorted(set(names) - known[table])
        if extra:
            raise BadTable(
                f"{MAPPING} [{table}]: {', '.join(extra)} is no column of ours; "
                f"write ours on the left, yours on the right. Ours: "
                f"{', '.join(sorted(known[table]))}"
            )
    return told


def _load(
    spec: TableSpec, folder: Path, table: str, names: dict[str, str]
) -> pd.DataFrame | None:
    """One table under our column names, None if there is no such file."""
    file = names.pop("file", None)
    choices = [file] if file else [f"{table}{ending}" for ending in ENDINGS]
    path = next((folder / c for c in choices if (folder / c).exists()), None)
    if path is None:
        if file:
            raise FileNotFoundError(f"{MAPPING} names {file}, which is not in {folder}")
        return None
    if path.suffix and not path.name.endswith(ENDINGS[:-1]):
        raise BadTable(f"{path.name}: give Parquet or CSV (pickles are never opened)")
    frame = _read(path)
    absent = sorted(set(names.values()) - set(frame.columns))
    if absent:
        raise BadTable(
            f"{MAPPING} [{table}] names {', '.join(absent)}, which {path.name} "
            f"lacks; it has {', '.join(map(str, frame.columns))}"
        )
    frame = frame.rename(columns={theirs: ours for ours, theirs in names.items()})
    ours = [*spec.required[table], *spec.optional[table]]
    return (
        frame[[c for c in frame.columns if c in ours]] if _any(frame, ours) else frame
    )


def _read(path: Path) -> pd.DataFrame:
    """A file as it is; one that is no table is told by its name."""
    text = path.name.endswith((".csv", ".csv.gz"))
    try:
        if not text:
            return pq.read_table(path).to_pandas()
        frame = pd.read_csv(path)
    except (ValueError, EOFError, OSError, pa.ArrowException) as error:
        kind = "CSV in UTF-8" if text else "Parquet"
        raise BadTable(
            f"{path.name} cannot be read as {kind} ({str(error).strip()}). Save it "
            "again as Parquet, or as CSV with commas, one header line and UTF-8"
        ) from None
    if len(frame.columns) == 1 and (found := set(frame.columns[0]) & {";", "\t", "|"}):
        raise BadTable(
            f"{path.name} has one column only: its fields are separated by "
            f"{found.pop()!r}. Save it again with commas"
        )
    return frame


def _any(frame: pd.DataFrame, ours: list[str]) -> bool:
    """Whether any column is ours; if none is, the error should show them all."""
    return any(c in ours for c in frame.columns)
