"""Small helpers for arrays, and for records whose fields are arrays of one length."""

from dataclasses import fields
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
