"""Arguments are looked over in one place and one wording."""

from __future__ import annotations

import operator
from typing import Any


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """A whole number within bounds, both included.

    Raises
    ------
    ValueError
        if it is anything else; the message names the argument
    """
    bound = f">= {low:,}" if high is None else f"from {low:,} to {high:,}"
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if number < low or (high is not None and number > high):
        raise ValueError(f"{name} must be a whole number {bound}; got {value!r}")
    return number
