"""Small helpers for records whose fields are arrays of one length."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


def join(parts: list[T]) -> T:
    """Records of arrays, one after another."""
    kind: Any = type(parts[0])
    names = [field.name for field in fields(kind)]
    columns = (np.concatenate([getattr(p, k) for p in parts]) for k in names)
    return cast(T, kind(*columns))


def unit(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Each row to length one."""
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.asarray(x / np.maximum(length, 1e-9))


def within(n: NDArray[np.integer]) -> NDArray[np.int64]:
    """0, 1, ... n - 1 for each n, one after another."""
    end = np.cumsum(n)
    return np.arange(end[-1] if len(end) else 0) - np.repeat(end - n, n)
