"""The shop's log as clicks by position."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.search.world import DEVICES, PLACES
from sevensteps.measure import ByPlace, ClickLog, click_log, harvested_propensity


def table_of(column: pa.ChunkedArray) -> NDArray[Any]:
    """(n, PLACES) a column of lists, as the log keeps its pages."""
    flat = column.combine_chunks().flatten()
    return flat.to_numpy(zero_copy_only=False).reshape(-1, PLACES)


def device_of(searches: pa.Table) -> NDArray[np.int8]:
    """(n,) of each search, as a number in `DEVICES`."""
    code: NDArray[np.int8] = searches["device"].combine_chunks().indices.to_numpy()
    return code


def clicks_of(searches: pa.Table, *, purchases: bool = False) -> ClickLog:
    """All searches of a log as positions that were shown and clicked, or bought.

    Queries are the units of chance, in two hundred groups.
    """
    hit = table_of(searches["clicked"])
    if purchases:
        position = searches["bought"].fill_null(-1).to_numpy()
        hit = position[:, None] == np.arange(PLACES)
    return click_log(table_of(searches["shown"]), hit, searches["query_id"].to_numpy())


def harvested_by_device(searches: pa.Table) -> tuple[ByPlace, ...]:
    """Propensities from two rankers that answered at random, for each of `DEVICES`.

    Searches with a random order are left out: they are another experiment.
    """
    randomised = searches["randomised"].to_numpy(zero_copy_only=False)
    log, device = clicks_of(searches), device_of(searches)
    return tuple(
        harvested_propensity(log.where((device == d) & ~randomised))
        for d in range(len(DEVICES))
    )
