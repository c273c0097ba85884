"""Quantiles of latency with intervals that need no shape of the distribution."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from sevensteps.measure.inputs import between, numbers
from sevensteps.measure.interval import Interval


def latency_quantile(values: ArrayLike, q: float) -> Interval:
    """A quantile with an exact 95 % interval from two of the values themselves.

    Parameters
    ----------
    values : (n,) float       latencies in one unit, e.g. ms
    q : float                 within (0, 1): 0.99 for p99

    Returns
    -------
    Interval                  a bound is infinite where `values` are too few to give it:
                              p99 needs at least 368. Independent requests are assumed;
                              queues make neighbours alike and the interval too narrow.

    Examples
    --------
    >>> latency_quantile(range(1, 1001), 0.99)
    990 [983, 997]

    Source: David and Nagaraja, "Order statistics" (2003), section 7.1.
    """
    between("q", q, 0, 1)
    ordered = np.sort(numbers("values", values, infinite=True))
    n = len(ordered)
    below = bdtr(np.arange(n + 1, dtype=np.float64), n, q)  # P(at most k lie below)
    # values i and j (from 1) enclose it with probability P(i <= number below <= j - 1)
    i = int(np.searchsorted(below, 0.025, side="right"))
    j = int(np.searchsorted(below, 0.975)) + 1
    low = float(ordered[i - 1]) if i >= 1 else -math.inf
    high = float(ordered[j - 1]) if j <= n else math.inf
    return Interval(float(ordered[max(1, math.ceil(n * q)) - 1]), low, high)
