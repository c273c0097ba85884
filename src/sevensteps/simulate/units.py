"""People as units of chance: means over them, with intervals that can be paired."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.measure import Interval, block_bootstrap

UNIT_BLOCKS = 100  # groups of people that are redrawn together


def mean_over_units(values: Any, unit: NDArray[np.integer] | None = None) -> Interval:
    """Mean of one number a unit, with units redrawn in a hundred groups.

    Means over the same units are paired: their difference has its own interval.

    Parameters
    ----------
    values : (n,) float       one number a unit; NaN is left out
    unit : (n,) int           each one's id; its position in `values` when absent
    """
    value = np.asarray(values, np.float64)
    ids = np.arange(len(value)) if unit is None else unit
    return block_bootstrap(ids % UNIT_BLOCKS).mean(value)
