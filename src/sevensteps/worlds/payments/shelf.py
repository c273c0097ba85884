"""Reading a world from disk: nothing without a valid manifest is read."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .records import History
from .rows import dictionary
from .schema import NAMES, SCHEMA, TRUTH

MANIFEST = "manifest.json"
FORMAT = "sevensteps payments world, format 1"


class BrokenWorld(ValueError):
    """A directory that is not a whole world; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a directory holds: parameters, rows by table, size and SHA-256 by file."""

    parameters: dict[str, Any]
    rows: dict[str, int]
    files: dict[str, tuple[int, str]]

    def to_json(self) -> str:
        """The manifest with a checksum of itself."""
        body = {
            "format": FORMAT,
            "parameters": self.parameters,
            "rows": self.rows,
            "files": self.files,
        }
        return json.dumps({**body, "checksum": _checksum(body)}, indent=1) + "\n"


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _broken(directory: Path, why: str) -> BrokenWorld:
    return BrokenWorld(
        f"{directory} is not a whole payments world: {why}. Remove it and write it "
        "again: PaymentsWorld(...).write(directory)"
    )


def read_manifest(directory: str | Path) -> Manifest:
    """The manifest of a directory, if it is whole.

    Raises
    ------
    BrokenWorld
        if it is absent, damaged or of another format, or files have another size
    """
    directory = Path(directory)
    try:
        told = json.loads((directory / MANIFEST).read_text())
        checksum = told.pop("checksum")
        manifest = Manifest(told["parameters"], told["rows"], told["files"])
    except FileNotFoundError:
        raise _broken(directory, f"it has no {MANIFEST}") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise _broken(directory, f"its {MANIFEST} is damaged ({error!r})") from None
    if told["format"] != FORMAT or checksum != _checksum(told):
        raise _broken(directory, f"its {MANIFEST} is damaged or of another format")
    for path, (size, _) in manifest.files.items():
        file = directory / path
        if not file.is_file() or file.stat().st_size != size:
            raise _broken(directory, f"{path} is missing or has another size")
    return manifest


def verify(directory: str | Path) -> Manifest:
    """Compare every file with its checksum.

    Raises
    ------
    BrokenWorld
        naming the first file that differs
    """
    manifest = read_manifest(directory)
    for path, (_, expected) in manifest.files.items():
        if digest(Path(directory) / path) != expected:
            raise _broken(Path(directory), f"{path} is not what was written")
    return manifest


def read_world(directory: str | Path, *, check: bool = False) -> History:
    """A history from disk; with `check`, after verifying all checksums.

    Raises
    ------
    BrokenWorld
        if the directory has no valid manifest or a file differs from it
    """
    manifest = verify(directory) if check else read_manifest(directory)
    tables = {name: _table(Path(directory), manifest, name) for name in SCHEMA}
    return History(**tables, days=manifest.parameters["days"])


def read_truth(directory: str | Path) -> pa.Table:
    """What only the world knows, in the order of the payments."""
    return _table(Path(directory), read_manifest(directory), "truth")


def _table(directory: Path, manifest: Manifest, name: str) -> pa.Table:
    schema = TRUTH if name == "truth" else SCHEMA[name]
    paths = [p for p in manifest.files if p.split("/")[0] in (name, f"{name}.parquet")]
    parts = [_coded(pq.ParquetFile(directory / p).read(), schema) for p in paths]
    return pa.concat_tables(parts)


def _coded(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with the codes of the schema: Parquet keeps names, not their order."""
    columns = []
    for field in schema:
        column = table[field.name].combine_chunks()
        if pa.types.is_dictionary(field.type):
            column = _recoded(column, NAMES[field.name])
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=schema)


def _recoded(column: pa.Array, names: tuple[str, ...]) -> pa.DictionaryArray:
    code = np.array([names.index(v) for v in column.dictionary.to_pylist()], np.int8)
    indices = column.indices.fill_null(0).to_numpy()
    known = code[indices] if len(code) else np.zeros(len(column), np.int8)
    missing = column.indices.is_null().to_numpy(zero_copy_only=False)
    return dictionary(np.where(missing, np.int8(-1), known), names, gaps=True)
