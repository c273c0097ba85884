"""Arrow columns from NumPy arrays and back, without a copy where that can be."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def dictionary(
    codes: NDArray[np.int8], names: tuple[str, ...], *, gaps: bool = False
) -> pa.DictionaryArray:
    """Codes with names; with `gaps`, -1 becomes null."""
    indices = gapped(codes, codes >= 0) if gaps else pa.array(codes)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names), safe=False)


def gapped(values: NDArray[Any], valid: NDArray[np.bool_]) -> pa.Array:
    """Values without a copy, null where not valid."""
    bitmap = pa.py_buffer(np.packbits(valid, bitorder="little"))
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [bitmap, pa.py_buffer(values)])


def codes_or_values(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column as one NumPy array; dictionary columns as int8 codes, null -1."""
    if pa.types.is_dictionary(column.type):
        parts = [
            pc.fill_null(c.indices, -1).to_numpy(zero_copy_only=False)
            for c in column.chunks
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.int8)
    if column.null_count and pa.types.is_integer(column.type):
        column = pc.fill_null(column, -1)
    return column.to_numpy()


def recoded(
    table: pa.Table, schema: pa.Schema, names: Mapping[str, tuple[str, ...]]
) -> pa.Table:
    """The table with the codes of its schema: Parquet keeps names, not their order.

    `names` has for each coded column the names of its codes, in order.
    """
    columns = []
    for field in schema:
        column = table[field.name].combine_chunks()
        if pa.types.is_dictionary(field.type):
            column = _recoded(column, names[field.name])
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=schema)


def _recoded(column: pa.Array, names: tuple[str, ...]) -> pa.DictionaryArray:
    """A column of names with our codes."""
    ours = pa.array(names)
    codes = pc.index_in(column.dictionary, ours).cast(pa.int8())
    return pa.DictionaryArray.from_arrays(codes.take(column.indices), ours, safe=False)
