"""Arguments are looked over in one place and one wording."""

import operator
from typing import Any

import numpy as np
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
