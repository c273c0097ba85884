"""Files that a notebook reads: beside the package in a clone, inside it in a wheel."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

#: The clone's folders, by the names that pyproject.toml gives them in the wheel.
FOLDERS = {"bank": "book/bank", "measured": "data/measured"}


def shipped(name: str) -> Traversable:
    """The folder `name` of `FOLDERS`: of the installed wheel, else of the clone.

    An editable installation has nothing inside the package, so that a change of a
    bank counts at once.

    Examples
    --------
    >>> (shipped("bank") / "fraud.yml").is_file()
    True
    """
    package = files("sevensteps")
    inside = package / "shipped" / name
    clone = Path(str(package)).parents[1]
    return inside if inside.is_dir() else clone / FOLDERS[name]
