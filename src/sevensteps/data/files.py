"""Find a table's file in a folder, and read it as it is: Parquet, or CSV as text.

`columns.toml` says what a reader's files and columns are called, and holds settings.
"""

import json
import math
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from .schema import BadTable, DataSchema, listed, shown

MAPPING = "columns.toml"


@dataclass(frozen=True, slots=True)
class Names:
    """What the mapping file says."""

    file: dict[str, str] = field(default_factory=dict)  # by table
    #: Their name of a column by ours, by table.
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Numbers by name, by section.
    settings: dict[str, dict[str, float]] = field(default_factory=dict)


def read_names(schema: DataSchema, folder: Path) -> Names:
    """The mapping file of a folder, checked; nothing is mapped if there is none."""
    path = folder / MAPPING
    if not path.exists():
        for other in sorted(folder.glob("[Cc][Oo][Ll][Uu][Mm][Nn]*.[Tt][Oo]*")):
            raise BadTable(f"{other.name} is not read: rename it to {MAPPING}")
        return Names()
    names = Names()
    for section, entries in _parsed(path).items():
        if section in schema.settings:
            names.settings[section] = _numbers(schema, section, entries)
        elif section in schema.tables:
            mapped = _columns(schema, section, entries)
            if file := mapped.pop("file", ""):
                names.file[section] = file
            names.columns[section] = mapped
        else:
            known = [*schema.tables, *schema.settings]
            raise BadTable(
                f"{MAPPING}: no table {shown(section)}; ours: {listed(known)}"
            )
    return names


def _parsed(path: Path) -> dict[str, Any]:
    """The file as TOML; with or without a byte order mark."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        told = f"{MAPPING} is not in UTF-8: save it again with that encoding"
        raise BadTable(told) from None
    except tomllib.TOMLDecodeError as error:
        raise BadTable(f"{MAPPING} is not valid TOML: {error}") from None


def _columns(schema: DataSchema, table: str, entries: Any) -> dict[str, str]:
    """Their names by ours; each a text, no column of theirs for two of ours."""
    _known(table, entries, ["file", *schema.tables[table]])
    for ours, theirs in entries.items():
        if not isinstance(theirs, str) or not theirs:
            told = f"{ours} must be a name in quotes, got {shown(theirs)}"
            raise BadTable(f"{MAPPING} [{table}]: {told}")
    for theirs in entries.values():
        both = [o for o, t in entries.items() if t == theirs and o != "file"]
        if len(both) > 1:
            raise BadTable(
                f"{MAPPING} [{table}]: {listed(both)} are both {shown(theirs)}; a "
                "column can only be one of ours"
            )
    return dict(entries)


def _numbers(schema: DataSchema, section: str, entries: Any) -> dict[str, float]:
    """Settings by name; each a number within its bounds."""
    _known(section, entries, list(schema.settings[section]))
    for name, value in entries.items():
        low, high = schema.settings[section][name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or math.isnan(value) or not low <= value <= high:
            raise BadTable(
                f"{MAPPING} [{section}]: {name} must be a number from {low:g} to "
                f"{high:g}, got {shown(value)}"
            )
    return {name: float(value) for name, value in entries.items()}


def _known(section: str, entries: Any, known: list[str]) -> None:
    """Raise unless the section is one, and all of its names are known."""
    if not isinstance(entries, dict):
        raise BadTable(f"{MAPPING}: write [{section}] on a line of its own")
    if extra := [name for name in entries if name not in known]:
        raise BadTable(
            f"{MAPPING} [{section}]: {listed(extra)} is no column of ours; write ours "
            f"on the left, yours on the right. Ours: {listed(known)}"
        )


TEXT = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
PARQUET = (".parquet", ".pq")
MOST_COLUMNS = 10_000  # of a CSV
_WHERE = re.compile(r"^.*?Row #(\d+): ", re.DOTALL)


def find_file(folder: Path, table: str, told: str | None) -> Path | None:
    """The one file of a table, in any case of letters; None if there is none.

    A folder of that name holds Parquet parts. What the mapping names must be there.
    """
    if told is not None:
        path = folder / told
        if not path.exists():
            raise FileNotFoundError(f"{MAPPING} names {told}, which is not in {folder}")
        _ending(path)
        return path
    names = {table, *(f"{table}{ending}" for ending in (*TEXT, *PARQUET))}
    found = sorted(path for path in folder.iterdir() if path.name.lower() in names)
    if len(found) > 1:
        raise BadTable(
            f"{listed(p.name for p in found)} could each be {table}: leave one, or "
            f'name it in {MAPPING}: [{table}] file = "{found[0].name}"'
        )
    return found[0] if found else None


def read_file(path: Path) -> pa.Table:
    """A file's columns; all of a CSV's as text, empty fields missing."""
    ending = _ending(path)
    try:
        if ending in TEXT:
            return _read_text(path, TEXT[ending])
        return _with_index(pq.read_table(path))
    except (ValueError, EOFError, OSError, pa.ArrowException) as error:
        kind = "Parquet" if ending not in TEXT else "CSV in UTF-8"
        raise BadTable(
            f"{path.name} cannot be read as {kind} ({_said(error)}). Save it again as "
            "Parquet, or as CSV with commas, one header line and UTF-8"
        ) from None


def choose(table: pa.Table, path: Path, wanted: set[str]) -> None:
    """Raise if a wanted column stands twice, or the fields are parted by no comma."""
    twice = [n for n, times in Counter(table.column_names).items() if times > 1]
    if both := [name for name in twice if name in wanted]:
        raise BadTable(f"{path.name} has two columns {listed(both)}: leave one of each")
    header = str(table.column_names[0]) if table.num_columns == 1 else ""
    if marks := [mark for mark in (";", "\t", "|") if mark in header]:
        raise BadTable(
            f"{path.name} has one column only: its fields are separated by "
            f"{marks[0]!r}. Save it again with commas"
        )


def _ending(path: Path) -> str:
    """What kind of file it is; a folder counts as Parquet."""
    name = path.name.lower()
    if path.is_dir():
        return PARQUET[0]
    for ending in (*TEXT, *PARQUET):
        if name.endswith(ending):
            return ending
    if path.exists() and "." not in name:
        return PARQUET[0]
    raise BadTable(
        f"{path.name}: give Parquet or CSV ({', '.join((*PARQUET, *TEXT))}); other "
        "formats are not opened"
    )


def _with_index(table: pa.Table) -> pa.Table:
    """A table with the counting index that pandas keeps in its metadata alone."""
    told = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
    for index in told.get("index_columns", []):
        if isinstance(index, dict) and index.get("name"):
            counted = range(index["start"], index["stop"], index["step"])
            table = table.append_column(index["name"], pa.array(counted, pa.int64()))
    return table


def _read_text(path: Path, delimiter: str) -> pa.Table:
    """The first line gives the names; later ones must have as many fields."""
    columns = {f"f{i}": pa.string() for i in range(MOST_COLUMNS)}
    table = csv.read_csv(
        path,
        csv.ReadOptions(use_threads=False, autogenerate_column_names=True),
        csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        csv.ConvertOptions(
            column_types=columns,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    names = [column[0].as_py() or "" for column in table.columns]
    return table.slice(1).rename_columns(names)


def _said(error: Exception) -> str:
    """What a library says, short, its row counted as we count."""
    text = str(error).strip() or type(error).__name__
    if found := _WHERE.match(text):
        row = int(found[1]) - 1
        text = f"row {row or 'of names'}: {text[found.end() :]}"
    return text if len(text) <= 200 else f"{text[:200]}…"
