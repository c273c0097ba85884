"""Tables out of JSON: mappings by id, files of several tables, lists within a query.

Rows are what JSON calls objects, flat enough for columns. Known are a mapping of ids to
texts, to grades, to lists of ids or to objects; a file with a table under each of its
names, as LlamaIndex writes them; and queries that hold their documents in lists, as
LoTTE, Tevatron, DPR and OpenSearch do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .columns import by_file, found, plain

Rows = list[dict[str, Any]]
LOOKED_AT = 100  # rows that tell whether queries hold lists
JUDGED = re.compile(r"pos|rel|gold|neg|judg|rating|ctx|passages")  # lists of objects
NAMED = re.compile(r"pos|rel|gold|neg|pids?$|ids?$")  # lists of ids
OWN_ID = ("id", "_id")


def tables_in(name: str, held: Any) -> list[tuple[str, Rows]]:
    """The tables of a JSON file, with their names.

    >>> tables_in("rel.json", {"q1": ["d1"]})
    [('rel.json', [{'query_id': 'q1', 'document_id': 'd1', 'grade': 1}])]
    """
    if isinstance(held, list):
        rows = [row for row in held if isinstance(row, dict)]
        return [(name, unfolded(rows))] if rows else []
    if not isinstance(held, dict) or not held:
        return []
    parts = {key: part for key, part in held.items() if by_file(key)}
    if len(parts) < 2 and (rows := _by_id(held, name)):
        return [(name, rows)]
    return [
        table
        for key, part in parts.items()
        for table in tables_in(f"{name}/{key}", part)
    ]


def _by_id(held: dict[str, Any], name: str) -> Rows:
    """The rows of a mapping of ids, none if it is something else, such as settings."""
    values = list(held.values())
    if all(isinstance(v, str) for v in values) and by_file(name):
        return [{"id": key, "text": text} for key, text in held.items()]
    if all(isinstance(v, list) for v in values):
        objects = any(isinstance(each, dict) for v in values for each in v)
        what = "ratings" if objects else "document_ids"
        return unfolded([{"query_id": key, what: v} for key, v in held.items()])
    if not all(isinstance(v, dict) for v in values):
        return []
    if all(_number(grade) for v in values for grade in v.values()):
        rows = ((q, d, g) for q, row in held.items() for d, g in row.items())
        return [{"query_id": q, "document_id": d, "grade": g} for q, d, g in rows]
    return [{"id": key} | row for key, row in held.items()]


def _number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def unfolded(rows: Rows) -> Rows:
    """A row for each document that a query lists; rows without lists as they are.

    What is listed under a name that says positive or relevant has grade 1, negative 0.
    """
    lists = list_names(rows)
    return list(_pairs(rows, lists)) if lists else rows


def list_names(rows: Rows) -> list[str]:
    """Under which names these rows, if they are queries, list their documents."""
    some = rows[:LOOKED_AT]
    columns = dict.fromkeys(key for row in some for key in row)
    told = found(columns, "query", "query_id", "document_id")
    if not told or "document_id" in told:
        return []
    objects = [c for c in columns if JUDGED.search(plain(c)) and _hold(some, c, dict)]
    ids = [c for c in columns if NAMED.search(plain(c)) and _hold(some, c, (str, int))]
    return objects or ids


def _hold(rows: Rows, name: str, kind: type | tuple[type, ...]) -> bool:
    """Whether a column has lists of such things, and nothing else."""
    held = [row[name] for row in rows if row.get(name)]
    lists = all(isinstance(v, list) for v in held)
    return bool(held) and lists and all(isinstance(x, kind) for v in held for x in v)


def _pairs(rows: Rows, lists: Iterable[str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        own = {
            "query_id" if key in OWN_ID else key: value
            for key, value in row.items()
            if not isinstance(value, list | dict)
        }
        for name in lists:
            said = re.search("neg|pos", plain(name))
            grade = {"grade": 0 if said and said.group() == "neg" else 1}
            for each in row.get(name) or ():
                told = each if isinstance(each, dict) else {"document_id": each}
                told = {"document_id" if k in OWN_ID else k: told[k] for k in told}
                if said:  # a score of its own is some machine's
                    told.pop("score", None)
                graded = {} if "grade" in found(told, "grade") else grade
                yield own | told | graded
