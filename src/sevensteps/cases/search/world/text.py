"""Strings from numbers, a column at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Part = Any  # an array of strings, or one string for all


def spoken(phrases: pa.Array, code: NDArray[np.integer[Any]]) -> pa.Array:
    """(n,) the phrase of each code; null where it is -1."""
    return phrases.take(pa.array(code, mask=code < 0))


def joined(*parts: Part) -> pa.Array:
    """Words one after another with spaces; absent ones are left out."""
    told = pc.binary_join_element_wise(*parts, " ", null_handling="skip")
    return told.cast(pa.string())


def phrase(*parts: Part) -> pa.Array:
    """The same, but null as soon as one of the parts is absent."""
    return pc.binary_join_element_wise(*parts, " ", null_handling="emit_null")


def by_pattern(pattern: NDArray[np.integer[Any]], written: list[pa.Array]) -> pa.Array:
    """(n,) each row's text out of several versions of all rows."""
    n = len(pattern)
    place = pattern.astype(np.int64) * n + np.arange(n)
    return pa.concat_arrays(written).take(pa.array(place))


def absent(values: pa.Array, where: NDArray[np.bool_]) -> pa.Array:
    """The values, null where `where` holds."""
    return pc.if_else(pa.array(~where), values, pa.scalar(None, values.type))
