"""Arrays in files of their own, each with a hash by which damage is seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ModelError


def flat(tree: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Pairs of a name and an array, for a tree of dictionaries and lists.

    >>> dict(flat({"layers": [{"w": 1}, {"w": 2}]}))
    {'layers.0.w': array(1), 'layers.1.w': array(2)}
    """
    if isinstance(tree, dict | list):
        inside = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, branch in inside:
            yield from flat(branch, f"{name}.{key}" if name else str(key))
    else:
        yield name, np.asarray(tree)


def nested(arrays: Mapping[str, Any]) -> Any:
    """The tree that `flat` took apart; keys 0, 1, ... become a list."""
    branches: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        head, _, rest = name.partition(".")
        branches.setdefault(head, {})[rest] = array
    tree = {k: v[""] if "" in v else nested(v) for k, v in branches.items()}
    return [tree[k] for k in sorted(tree, key=int)] if "0" in tree else tree


def verify(path: Path, expected: str) -> None:
    """Refuse a file that is gone or not as it was written.

    Raises
    ------
    ModelError                which names the file
    """
    try:
        found = hash_of(path)
    except OSError as error:
        raise ModelError(
            f"cannot read {path} ({error.strerror}); export again"
        ) from None
    if found != expected:
        raise ModelError(f"{path} is damaged (its hash differs); export again")


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
