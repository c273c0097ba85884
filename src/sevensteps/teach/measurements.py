"""What takes too long for a chapter to measure, and was measured once."""

from __future__ import annotations

import json
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from sevensteps.teach.shipped import shipped

if TYPE_CHECKING:
    import pandas as pd


def measured(name: str, *, folder: Traversable | None = None) -> pd.DataFrame:
    """The record `data/measured/NAME.json`: a row for each quantity, by scale.

    Parameters
    ----------
    name : of the record, e.g. "video-scale"
    folder : where records are; None is those that came with the package

    Returns
    -------
    pd.DataFrame              of floats; `attrs` says with what they were measured

    Raises
    ------
    FileNotFoundError         if there is no such record; says how to make it
    """
    import pandas as pd

    path = (folder or shipped("measured")) / f"{name}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        file = f"data/measured/{name}.json"
        command = f"python benchmarks/{name.replace('-', '_')}.py --write {file}"
        raise FileNotFoundError(f"no {file}: make it with `{command}`") from None
    table = pd.DataFrame(told["rows"], dtype=float)
    table.attrs = told["about"]
    return table
