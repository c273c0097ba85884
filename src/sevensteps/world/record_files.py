"""Records of arrays, texts and records as files, one for each array."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .disk import Shelf


def put_record(shelf: Shelf, path: str, record: Any) -> None:
    """A record under a folder of a shelf."""
    for field in fields(record):
        value, at = getattr(record, field.name), f"{path}/{field.name}"
        if is_dataclass(value):
            put_record(shelf, at, value)
        elif isinstance(value, pa.Array):
            shelf.put(at, f"{at}.parquet", pa.table({"text": value}))
        else:
            shelf.put_array(f"{at}.npy", value)


def read_record(directory: Path, kind: Any) -> Any:
    """The record of that type which `put_record` wrote."""
    values = {}
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint):
            values[name] = read_record(directory / name, hint)
        elif hint is pa.Array:
            column = pq.read_table(directory / f"{name}.parquet")["text"]
            values[name] = column.combine_chunks()
        else:
            values[name] = np.load(directory / f"{name}.npy", allow_pickle=False)
    return kind(**values)
