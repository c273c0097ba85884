"""`columns.toml`: what a reader's files and columns are called, and settings."""

import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .faults import BadTable, listed, shown
from .schema import DataSchema

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
