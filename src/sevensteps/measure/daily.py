"""The mean of a number that each day has one of, such as the day's net euros."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sevensteps.measure.bootstrap import RESAMPLES, block_bootstrap
from sevensteps.measure.inputs import numbers
from sevensteps.measure.interval import Interval


def mean_per_day(
    daily: pd.Series, *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Mean over days, with an interval from days drawn again.

    Two policies that were run over the same days can be subtracted: what the days
    have in common cancels.

    Parameters
    ----------
    daily : Series            one number for each day of its index

    Returns
    -------
    Interval                  95 % day-block bootstrap

    Raises
    ------
    ValueError                a day twice, fewer than two days, NaN

    Examples
    --------
    >>> ours, theirs = pd.Series([5.0, 9.0, 7.0]), pd.Series([4.0, 8.0, 6.0])
    >>> mean_per_day(ours) - mean_per_day(theirs)
    1.00 [1.00, 1.00]
    """
    values = numbers("daily", daily)
    if not daily.index.is_unique:
        raise ValueError("`daily` has a day twice: sum over each day first")
    return block_bootstrap(np.asarray(daily.index), resamples, seed).mean(values)
