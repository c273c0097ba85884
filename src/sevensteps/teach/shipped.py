"""Files that a notebook reads: beside the package in a clone, inside it in a wheel."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: The clone's folders, by the names that pyproject.toml gives them in the wheel.
FOLDERS = {"bank": "book/bank", "measured": "data/measured"}


def shipped(name: str) -> Traversable:
    """The folder `name` of `FOLDERS`: of the installed wheel, else of the clone.

    An editable installation has nothing inside the package, so that a change of a
    bank counts at once.

    >>> (shipped("bank") / "fraud.yml").is_file()
    True
    """
    package = files("sevensteps")
    inside = package / "shipped" / name
    clone = Path(str(package)).parents[1]
    return inside if inside.is_dir() else clone / FOLDERS[name]


def measured(name: str, *, folder: Traversable | None = None) -> pd.DataFrame:
    """What takes too long for a chapter to measure, and was measured once.

    Parameters
    ----------
    name : of the record `data/measured/NAME.json`, e.g. "video-scale"
    folder : where records are; None is those that came with the package

    Returns
    -------
    pd.DataFrame              of floats, a row for each quantity, by scale; `attrs`
                              says with what they were measured

    Raises
    ------
    FileNotFoundError         if there is no such record; says how to make it
    """
    import pandas as pd

    path = (folder or shipped("measured")) / f"{name}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        file = f"{FOLDERS['measured']}/{name}.json"
        command = f"python benchmarks/{name.replace('-', '_')}.py --write {file}"
        raise FileNotFoundError(f"no {file}: make it with `{command}`") from None
    table = pd.DataFrame(told["rows"], dtype=float)
    table.attrs = told["about"]
    return table
