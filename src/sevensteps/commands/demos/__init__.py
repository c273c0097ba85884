"""What `sevensteps serve` and `load` demonstrate with, one module a service."""

from __future__ import annotations

from collections.abc import Callable


def lacks(look: Callable[[], object], *absent: type[Exception]) -> bool:
    """Whether looking for a thing finds that it is not there, or not whole."""
    try:
        look()
    except absent:
        return True
    return False
