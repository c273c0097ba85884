"""The shop's log as clicks by position."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.world import PLACES
from sevensteps.measure import ClickLog, click_log


def table_of(column: pa.ChunkedArray, width: int = PLACES) -> NDArray[Any]:
    """(n, width) a column of lists of one length, as the log keeps its pages."""
    flat = column.combine_chunks().flatten()
    return flat.to_numpy(zero_copy_only=False).reshape(-1, width)


def clicks_of(searches: pa.Table) -> ClickLog:
    """All searches of a log as positions that were shown and clicked.

    Queries are the units of chance, in two hundred groups.
    """
    clicked = table_of(searches["clicked"])
    return _by_position(searches, clicked)


def purchases_of(searches: pa.Table) -> ClickLog:
    """The same, where only what was bought counts as clicked."""
    position = searches["bought"].fill_null(-1).to_numpy()
    return _by_position(searches, position[:, None] == np.arange(PLACES))


def _by_position(searches: pa.Table, hit: NDArray[Any]) -> ClickLog:
    return click_log(table_of(searches["shown"]), hit, searches["query_id"].to_numpy())
