"""Small helpers for arguments, NumPy arrays, Arrow columns and records of arrays."""

import operator
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """A whole number within bounds, both included, or a ValueError that names it."""
    bound = f">= {low:,}" if high is None else f"from {low:,} to {high:,}"
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if number < low or (high is not None and number > high):
        raise ValueError(f"{name} must be a whole number {bound}; got {value!r}")
    return number


def check_page(ids: NDArray[Any], shape: tuple[int, int], n: int, noun: str) -> None:
    """Refuse pages that cannot be shown: of a wrong shape, unknown or repeated ids.

    Parameters
    ----------
    ids : what a policy returned, one row of ids for each request; -1 shows nothing
    shape : requests and positions
    n : things that may be shown, each called a `noun`, e.g. "video"
    """
    if ids.shape != shape or ids.dtype.kind != "i":
        raise ValueError(
            f"a policy must return {shape} whole numbers, one row of {noun}s for each "
            f"request; it returned {ids.dtype} of shape {ids.shape}"
        )
    if len(ids) and not (ids.min() >= -1 and ids.max() < n):
        raise ValueError(f"{noun}s are -1 (none) to {n - 1:,} today")
    ranked = np.sort(ids, axis=1)
    twice = ((ranked[:, 1:] == ranked[:, :-1]) & (ranked[:, 1:] >= 0)).any(axis=1)
    if twice.any():
        row = int(twice.argmax())
        raise ValueError(f"the page of request {row} shows a {noun} twice: {ids[row]}")


T = TypeVar("T")


def join(parts: list[T]) -> T:
    """Arrays, or records of arrays, one after another."""
    first: Any = parts[0]
    if isinstance(first, pa.Array):
        return cast(T, pa.concat_arrays(parts))
    if isinstance(first, np.ndarray):
        return cast(T, np.concatenate(cast(list[NDArray[Any]], parts)))
    names = [field.name for field in fields(first)]
    columns = (join([getattr(p, name) for p in parts]) for name in names)
    return cast(T, type(first)(*columns))


def take(whole: T, rows: Any) -> T:
    """Some rows, by positions or by a mask, of an array, a record or a table."""
    if isinstance(whole, pa.Table):
        rows = np.asarray(rows)
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        return cast(T, whole.take(pa.array(index)))
    if isinstance(whole, np.ndarray):
        return cast(T, whole[rows])
    record: Any = whole
    return cast(
        T, type(record)(*(getattr(record, f.name)[rows] for f in fields(record)))
    )


def unit(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Each row to length one."""
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.asarray(x / np.maximum(length, 1e-9))


def within(n: NDArray[np.integer]) -> NDArray[np.int64]:
    """0, 1, ... n - 1 for each n, one after another."""
    end = np.cumsum(n)
    return np.arange(end[-1] if len(end) else 0) - np.repeat(end - n, n)


def grown(held: NDArray[Any], n: int, fill: Any = 0) -> NDArray[Any]:
    """An array with at least `n` rows, the new ones holding `fill`."""
    if len(held) >= n:
        return held
    more = np.full((n - len(held), *held.shape[1:]), fill, held.dtype)
    return np.concatenate([held, more])


def chunks(n: int, size: int) -> list[slice]:
    """Slices of at most `size` that cover `n` rows; one that is empty for none."""
    return [slice(first, first + size) for first in range(0, max(n, 1), size)]


def repeated(ids: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which entries of a row came before in it; negative ones never count."""
    order = np.argsort(ids, axis=1, kind="stable")
    ranked = np.take_along_axis(ids, order, 1)
    twice = np.zeros(ids.shape, bool)
    np.put_along_axis(twice, order[:, 1:], ranked[:, 1:] == ranked[:, :-1], 1)
    return np.asarray(twice & (ids >= 0))


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
