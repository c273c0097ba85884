"""A world's tables, arrays and records as files, one for each."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .columns import recoded
from .storage import FolderManifest


class WorldWriter:
    """Puts tables and records into a folder, and counts their rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}

    def put(self, name: str, value: Any, *, part: str | None = None) -> None:
        """A table (or a part of it), an array, a text, or a record of such.

        The name is a path without suffix; a part lies in a folder of that name.
        """
        if isinstance(value, pa.Table):
            self.rows[name] = self.rows.get(name, 0) + value.num_rows
            self._table(f"{name}/{part}" if part else name, value)
        elif isinstance(value, pa.Array):
            self._table(name, pa.table({"value": value}))
        elif isinstance(value, np.ndarray):
            np.save(self._path(f"{name}.npy"), value, allow_pickle=False)
        elif isinstance(value, str):
            self._path(f"{name}.txt").write_text(value, encoding="utf-8")
        else:
            for field in fields(value):
                self.put(f"{name}/{field.name}", getattr(value, field.name))

    def _table(self, name: str, table: pa.Table) -> None:
        """Write a Parquet file; only codes are kept as such."""
        coded = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
        path = self._path(f"{name}.parquet")
        pq.write_table(table, path, compression="zstd", use_dictionary=coded)

    def _path(self, name: str) -> Path:
        """Where to write, in a folder that is there."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def read_table(
    folder: Path,
    manifest: FolderManifest,
    name: str,
    schema: pa.Schema,
    names: Mapping[str, tuple[str, ...]],
) -> pa.Table:
    """One table, all of its parts; see `recoded` for `names`."""
    paths = [p for p in manifest.files if p.startswith((f"{name}/", f"{name}.parquet"))]
    return pa.concat_tables(
        recoded(pq.ParquetFile(folder / p).read(), schema, names) for p in paths
    )


def read_record(folder: Path, kind: Any) -> Any:
    """The record of that type, arrays and records of arrays, that lies in a folder."""
    values = {}
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint):
            values[name] = read_record(folder / name, hint)
        elif hint is pa.Array:
            column = pq.read_table(folder / f"{name}.parquet")["value"]
            values[name] = column.combine_chunks()
        else:
            values[name] = np.load(folder / f"{name}.npy", allow_pickle=False)
    return kind(**values)
