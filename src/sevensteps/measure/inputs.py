"""What goes into a measurement, checked once: errors name the argument and the row."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


def _column(name: str, values: ArrayLike) -> NDArray[np.generic]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(
            f"`{name}` must be one column of values, not of shape {array.shape}: "
            f"for predict_proba take the column [:, 1]"
        )
    if array.size == 0:
        raise ValueError(f"`{name}` is empty")
    return array


def _refuse(bad: Bools, said: str) -> None:
    """Say what is wrong, in how many rows, and in which first."""
    if bad.any():
        n, first = int(bad.sum()), int(bad.argmax())
        raise ValueError(f"{said} in {n:,} rows, the first is row {first:,}")


def numbers(name: str, values: ArrayLike, *, infinite: bool = False) -> Floats:
    """One column of numbers without NaN; infinities only where they make sense."""
    array = _column(name, values)
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise ValueError(f"`{name}` must hold numbers, not {array.dtype}")
    number: Floats = array.astype(np.float64, copy=False)
    bad = np.isnan(number) if infinite else ~np.isfinite(number)
    _refuse(bad, f"`{name}` holds NaN or infinity")
    return number


def probabilities(name: str, values: ArrayLike) -> Floats:
    """One column of numbers within [0, 1]."""
    array = numbers(name, values)
    bad = (array < 0) | (array > 1)
    _refuse(bad, f"`{name}` must be probabilities within [0, 1]; it is outside")
    return array


def flags(name: str, values: ArrayLike) -> Bools:
    """One column of yes and no, as bool or as 0 and 1."""
    array = numbers(name, values)
    _refuse((array != 0) & (array != 1), f"`{name}` must be 0 or 1; it is neither")
    return array.astype(np.bool_)


def labels_of(values: ArrayLike) -> Bools:
    """Labels with at least one of each kind: else nothing can be ranked."""
    array = flags("labels", values)
    if not array.any():
        raise ValueError("no positive label: take more days, or a later cut for labels")
    if array.all():
        raise ValueError("every label is positive: there is nothing to tell apart")
    return array


def weights_of(weight: ArrayLike | None, n_rows: int) -> Floats:
    """How many rows each one stands for: one, unless said otherwise."""
    if weight is None:
        return np.ones(n_rows)
    array = numbers("weight", weight)
    _refuse(array < 0, "`weight` is negative")
    return array


def same_length(**columns: NDArray[np.generic]) -> None:
    """Refuse columns or tables of different lengths, and say which is how long."""
    sizes = {name: len(column) for name, column in columns.items()}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"`{name}` {size:,}" for name, size in sizes.items())
        raise ValueError(f"columns differ in length: {said}")


def at_least(name: str, value: float, floor: float) -> None:
    """Refuse a setting below its floor."""
    if not value >= floor:
        raise ValueError(f"`{name}` must be at least {floor}, not {value}")


def between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a setting outside the open interval (low, high)."""
    if not low < value < high:
        raise ValueError(f"`{name}` must lie between {low} and {high}, not {value}")


def one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a name that is no choice."""
    if value not in choices:
        told = " or ".join(f"{choice!r}" for choice in choices)
        raise ValueError(f"`{name}` must be {told}, not {value!r}")
