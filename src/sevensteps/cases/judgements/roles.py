"""Which table of a folder holds what: documents, queries, judgements or attributes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from sevensteps.features.checks import BadTable

from .columns import NAMES, Role, by_file, found, plain
from .files import Source

MAPPING = "columns.toml"
ROLES: tuple[Role, ...] = ("documents", "queries", "judgements")
TEXTS = ("title", "body", "details", "brand", "colour", "category")


@dataclass(frozen=True, slots=True)
class Part:
    """A table, what it holds, and their names of its columns by ours."""

    source: Source
    role: Role
    names: Mapping[str, str]


def parts(folder: Path, tables: list[Source]) -> tuple[list[Part], list[str]]:
    """Every table that holds something of ours, and the names of those that do not.

    Raises
    ------
    BadTable          a mapping file that names what is not there
    """
    told = _mapping(folder)
    made, unused = [], []
    for table in tables:
        part = _told(table, told) or _guessed(table)
        if part is None:
            unused.append(table.name)
        else:
            made.append(part)
    missing = [f"{v['file']}" for v in told.values() if not _named(v, tables)]
    if missing:
        raise BadTable(f"{MAPPING} names {', '.join(missing)}, which is not there")
    return made, unused


def _mapping(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / MAPPING
    if not path.exists():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadTable(f"{MAPPING} is not valid TOML: {error}") from None
    for role, names in told.items():
        extra = set(names) - set(NAMES) - {"file"} if role in ROLES else {role}
        if extra or "file" not in names:
            raise BadTable(
                f"{MAPPING} [{role}]: write a section documents, queries or judgements "
                f"with `file` and, ours on the left, of {', '.join(NAMES)}"
            )
    return told


def _named(names: Mapping[str, Any], tables: list[Source]) -> bool:
    return any(names["file"] in (t.name, t.path.name) for t in tables)


def _told(table: Source, told: Mapping[str, dict[str, Any]]) -> Part | None:
    """The part that the mapping file makes of a table."""
    for role in ROLES:
        names = dict(told.get(role, {}))
        if names.pop("file", None) in (table.name, table.path.name):
            absent = sorted(set(names.values()) - set(table.columns))
            if absent:
                raise BadTable(
                    f"{MAPPING} [{role}] names {', '.join(absent)}, which {table.name} "
                    f"lacks; it has {', '.join(table.columns)}"
                )
            guessed = _columns(table, role)
            rest = {k: v for k, v in guessed.items() if v not in names.values()}
            return Part(table, role, rest | names)
    return None


def _guessed(table: Source) -> Part | None:
    if not table.header:
        return _headless(table)
    role = _role(table)
    if role is None:
        return None
    names = _columns(table, role)
    if role == "documents" and not any(text in names for text in TEXTS):
        return None
    return Part(table, role, names) if names else None


def _role(table: Source) -> Role | None:
    """By the columns where they leave no doubt, else by the file's name."""
    hint = by_file(table.name)
    has = found(table.columns, "query", "query_id", "document_id", "grade")
    plains = {plain(name) for name in table.columns}
    asked, shown = {"query", "query_id"} & set(has), {"document_id"} & set(has)
    text = found(table.columns, "title", "body")
    if shown and {"name", "value"} <= plains:
        return "attributes"
    if asked and (shown or (text and set(has) >= {"query", "grade"})):
        return "judgements"
    if "query" in has and hint != "documents":
        return "queries" if not text or hint == "queries" else "judgements"
    if hint in ("queries", "documents"):
        return hint
    if asked:
        return "queries" if text else None
    return "documents" if text else None


def _columns(table: Source, role: Role) -> dict[str, str]:
    """Their names by ours, as far as this kind of table needs them."""
    if role == "queries":
        names = found(table.columns, "query_id", "query", "kind", "locale", "split")
        text = found(table.columns, "title", "body")
        if "query" not in names and text:
            names["query"] = text.get("body", text.get("title", ""))
    elif role == "documents":
        names = found(table.columns, "document_id", *TEXTS, "locale")
    elif role == "attributes":
        names = found(table.columns, "document_id")
        names |= {n: c for c in table.columns if (n := plain(c)) in ("name", "value")}
    else:
        ours = ("query_id", "query", "document_id", "grade", "split", "locale", "small")
        names = found(table.columns, *ours, *TEXTS)
    return _once(_with_id(table, role, names))


def _with_id(table: Source, role: Role, names: dict[str, str]) -> dict[str, str]:
    """The id of a document or a query may go by `id`, or stand in the first column."""
    own = {"documents": "document_id", "queries": "query_id"}.get(role)
    if own is None or own in names:
        return names
    plains = {plain(c): c for c in table.columns}
    free = [c for c in table.columns if c not in names.values()]
    theirs = plains.get("id") or plains.get("index") or (free[0] if free else "")
    return names | {own: theirs} if theirs else names


def _once(names: dict[str, str]) -> dict[str, str]:
    """Each of their columns for one of ours: the first that takes it."""
    taken: dict[str, str] = {}
    for ours, theirs in names.items():
        if theirs not in taken.values():
            taken[ours] = theirs
    return taken


def _headless(table: Source) -> Part | None:
    """Lines without names: qrels of three or four columns, or an id and a text."""
    n, hint = len(table.columns), by_file(table.name)
    stem = PurePath(table.name).name.lower()
    if n in (3, 4) and (hint == "judgements" or stem.endswith(".rel")):
        last = "3" if n == 4 else "2"
        names = {"query_id": "0", "document_id": "2" if n == 4 else "1", "grade": last}
        return Part(table, "judgements", names)
    if n == 2 and hint in ("queries", "documents"):
        own = "query_id" if hint == "queries" else "document_id"
        return Part(table, hint, {own: "0", ("query", "body")[own[0] == "d"]: "1"})
    if n >= 3 and hint == "documents":  # between the id and the texts, MS MARCO's url
        names = {"document_id": "0", "title": str(n - 2), "body": str(n - 1)}
        return Part(table, hint, names)
    return None
