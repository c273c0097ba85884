"""The files of a folder as tables: which there are, how written, with which columns."""

from __future__ import annotations

import codecs
import gzip
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sevensteps.features.checks import BadTable

from .columns import known
from .marked import marked
from .nested import Rows, list_names, tables_in, unfolded

DELIMITED = {".csv", ".tsv", ".tab", ".txt", ".qrels", ".qrel", ".docs", ".queries"}
LINES = {".jsonl", ".ndjson", ".json"}
MARKED = {".trec", ".xml", ".sgml", ".all", ".qry", ".rel", ".text", ".1400", ""}
SEPARATORS = ("\t", ",", ";", "|")
DEEPEST = 3  # folders below the one that was given
CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Source:
    """A table as it lies on the disk.

    Attributes
    ----------
    name : within the folder; as messages tell it
    path, member : where; the member of a zip file
    columns : as written; "0", "1" … where no line names them
    kind : "parquet", "delimited", "lines", or already read: "frame" or "rows"
    separator, header, encoding, quoted : how it is written
    frame, rows : what was read, of the last kinds
    """

    name: str
    path: Path
    columns: tuple[str, ...]
    kind: str
    member: str = ""
    separator: str = ","
    header: bool = True
    encoding: str = "utf-8"
    quoted: bool = True
    frame: pd.DataFrame | None = None
    rows: Rows | None = None


def sources(folder: Path) -> tuple[list[Source], list[str]]:
    """The tables of a folder, and the names of files that are none.

    Raises
    ------
    BadTable          a table that cannot be read, by its name
    """
    tables, others = [], []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__")) for part in inside.parts)
        passed = hidden or len(inside.parts) > DEEPEST or is_synonyms(path)
        if passed or not path.is_file():
            continue
        for name, member in _members(path, str(inside)):
            held = look(name, path, member)
            tables += held
            if not held:
                others.append(name)
    return _once(tables), others


def is_synonyms(path: Path) -> bool:
    """Whether a file's name says that it holds synonyms, and no table."""
    return "synonym" in path.name.lower() and path.suffix.lower() in ("", ".txt")


def _members(path: Path, name: str) -> list[tuple[str, str]]:
    """The files in a file: one, unless it is a zip of several."""
    if path.suffix == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as held:
            inside = [m.filename for m in held.infolist() if not m.is_dir()]
        return [(m, m) for m in inside if not m.startswith("__MACOSX")]
    return [(name.removesuffix(".gz"), "")]


def _once(tables: list[Source]) -> list[Source]:
    """A file that also lies there packed counts once."""
    seen = {table.name: table for table in reversed(tables)}
    return [table for table in tables if seen[table.name] is table]


def look(name: str, path: Path, member: str = "") -> list[Source]:
    """How the table of one file is written, or its tables; none if it holds none."""
    suffix = Path(name).suffix.lower()
    try:
        if suffix == ".parquet":
            columns = tuple(pq.read_schema(path).names)
            return [Source(name, path, columns, "parquet", member)]
        if suffix in LINES:
            return _json(name, path, member)
        if suffix in DELIMITED | MARKED or "." not in Path(name).name:
            return _text(name, path, member, suffix)
    except (pa.ArrowException, EOFError, OSError, zipfile.BadZipFile) as error:
        raise BadTable(f"{name} cannot be read: {str(error).strip()}") from None
    return []


def stream(path: Path, member: str = "") -> IO[bytes]:
    """The bytes of a file, unpacked."""
    if member:
        return zipfile.ZipFile(path).open(member)
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def encoding_of(path: Path, member: str = "") -> str:
    """UTF-8 if every byte of it is; else UTF-16 by its mark, or Windows' Latin-1."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with stream(path, member) as file:
        first = file.read(CHUNK)
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        marked_so = first.startswith(codecs.BOM_UTF8)
        try:
            decoder.decode(first)
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig" if marked_so else "utf-8"


def _head(path: Path, member: str, encoding: str, n: int = 200) -> list[str]:
    with stream(path, member) as file:
        start = file.read(CHUNK).decode(encoding, errors="replace")
    lines = start.splitlines() if len(start) < CHUNK // 2 else start.splitlines()[:-1]
    return [line for line in lines if line.strip()][:n]


def _text(name: str, path: Path, member: str, suffix: str) -> list[Source]:
    encoding = encoding_of(path, member)
    lines = _head(path, member, encoding)
    if not lines:
        return []
    if lines[0].startswith(("{", "[")):
        return _json(name, path, member)
    if lines[0].lstrip().startswith((".I", "<")):
        with stream(path, member) as file:
            frame = marked(file.read().decode(encoding, errors="replace"))
        if frame is None:
            return []
        columns = tuple(frame.columns)
        return [Source(name, path, columns, "frame", encoding=encoding, frame=frame)]
    separator = _separator(lines)
    if separator is None:
        return []
    fields = [field.strip('" ') for field in _fields(lines[0], separator)]
    header = known(fields) or _headed(lines, separator)
    if not header and suffix == ".csv" and separator == ",":
        header = not any(field.replace(".", "").isdigit() for field in fields)
    columns = tuple(fields) if header else tuple(map(str, range(len(fields))))
    quoted = header and not (separator == "\t" and _even(lines, separator))
    told = separator, header, encoding, quoted
    return [Source(name, path, columns, "delimited", member, *told)]


def _headed(lines: list[str], separator: str) -> bool:
    """Whether some field is a number on every line but the first."""
    rows = [_fields(line, separator) for line in lines]
    rows = [row for row in rows[1:] if len(row) == len(rows[0])]
    first = _fields(lines[0], separator)
    return any(
        rows and not _number(name) and all(_number(row[n]) for row in rows)
        for n, name in enumerate(first)
    )


def _number(field: str) -> bool:
    bare = field.strip('" ').lstrip("-").replace(".", "", 1)
    return bare.isascii() and bare.isdigit()


def _separator(lines: list[str]) -> str | None:
    """What stands between the fields of the first line; blanks if nothing else."""
    if _blanks(lines):
        return " "
    counts = {mark: lines[0].count(mark) for mark in SEPARATORS}
    best = max(counts, key=lambda mark: counts[mark])
    if counts["\t"] and (_even(lines, "\t") or counts["\t"] >= counts[best]):
        return "\t"
    if counts[best] and (known(lines[0].split(best)) or _even(lines, best)):
        return best
    return best if counts[best] else None


def _blanks(lines: list[str]) -> bool:
    """Whether these are lines of qrels: three or four words, the last a number."""
    words = {len(line.split()) for line in lines}
    last = lines[-1].split()[-1]
    return words in ({3}, {4}) and last.lstrip("-").replace(".", "", 1).isdigit()


def _even(lines: list[str], separator: str) -> bool:
    """Whether every line has as many fields as the first."""
    return len({line.count(separator) for line in lines}) == 1


def _fields(line: str, separator: str) -> list[str]:
    return line.split() if separator == " " else line.split(separator)


def _json(name: str, path: Path, member: str) -> list[Source]:
    """JSON: an object on each line, or all in one."""
    encoding = encoding_of(path, member)
    head = [_object(line) for line in _head(path, member, encoding)]
    if len(head) > 1 and head[0]:
        rows = [_action(row) or row for row in head]
        if list_names(rows):
            rows = unfolded(list(_objects(name, path, member, encoding)))
            return [_of_rows(name, path, rows)]
        columns = tuple(dict.fromkeys(key for row in rows for key in row))
        return [Source(name, path, columns, "lines", member, encoding=encoding)]
    with stream(path, member) as file:
        text = file.read().decode(encoding, errors="replace")
    try:
        held = json.loads(text)
    except ValueError as error:
        raise BadTable(f"{name} is not valid JSON: {error}") from None
    return [_of_rows(each, path, rows) for each, rows in tables_in(name, held)]


def _of_rows(name: str, path: Path, rows: Rows) -> Source:
    columns = tuple(dict.fromkeys(key for row in rows for key in row))
    return Source(name, path, columns, "rows", rows=rows)


def _object(line: str) -> dict[str, Any]:
    """The object on a line; empty if it is something else, or cut short."""
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def flat(value: Any) -> str:
    """A JSON value as text: lists joined, objects left out."""
    if isinstance(value, list | tuple):
        return " ".join(flat(part) for part in value)
    return "" if value is None or isinstance(value, dict) else str(value)


def records(source: Source, columns: list[str]) -> Iterator[tuple[str, ...]]:
    """The wanted columns of objects, row by row."""
    told = (source.name, source.path, source.member, source.encoding)
    for row in _objects(*told) if source.rows is None else source.rows:
        yield tuple(flat(row.get(name)) for name in columns)


def _objects(
    name: str, path: Path, member: str, encoding: str
) -> Iterator[dict[str, Any]]:
    """What stands on each line of a file of JSON lines.

    In a bulk request, as Elasticsearch takes it, a line before each tells its id.
    """
    before: dict[str, Any] = {}
    with stream(path, member) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode(encoding))
            except ValueError as error:
                raise BadTable(f"{name} line {number}: {error}") from None
            if not isinstance(row, dict):
                raise BadTable(f"{name} line {number}: is no JSON object")
            if (action := _action(row)) is None:
                yield before | row
            else:
                before = action


def _action(row: dict[str, Any]) -> dict[str, Any] | None:
    """The id that a line of a bulk request gives the next; None if it is no such."""
    told = row.get("index", row.get("create")) if len(row) == 1 else None
    if not isinstance(told, dict):
        return None
    return {"_id": told["_id"]} if "_id" in told else {}
