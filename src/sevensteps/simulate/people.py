"""People as units of chance: means over them, with intervals that can be paired."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.measure import Interval, snips

BLOCKS = 100  # of people


def mean_of(values: Any, unit: NDArray[np.integer] | None = None) -> Interval:
    """Mean over people, with people drawn again in a hundred groups.

    Parameters
    ----------
    values : (n,) float       one number a person
    unit : (n,) int           each one's id; the position when absent
    """
    told = np.asarray(values, np.float64)
    block = (np.arange(len(told)) if unit is None else unit) % BLOCKS
    return snips(told, np.ones(len(told)), block)
