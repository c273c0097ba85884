"""Reading an A/B test: one number per unit, heavy tails and all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from sevensteps.measure.inputs import Floats, at_least, between, numbers
from sevensteps.measure.interval import Interval


def per_unit(values: ArrayLike, unit: ArrayLike, units: ArrayLike) -> Floats:
    """Sum of `values` over the rows of each unit, in the order of `units`.

    A unit without a row counts as zero: to leave it out would compare only those whom
    the treatment let act.

    Parameters
    ----------
    values : (n,) float       e.g. euros lost on a payment
    unit : (n,) int           unit of each row, e.g. cardholder_id
    units : (m,) int          all units of the experiment, each once

    Examples
    --------
    >>> per_unit([5.0, 1.0, 2.0], unit=[7, 9, 7], units=[7, 8, 9])
    array([7., 0., 1.])
    """
    value = numbers("values", values)
    index = pd.Index(np.asarray(units))
    if not index.is_unique:
        raise ValueError("`units` must name each unit once")
    at = index.get_indexer(pd.Index(np.asarray(unit)))
    if at.size != value.size:
        raise ValueError(f"`values` has {value.size:,} rows, `unit` {at.size:,}")
    if (at < 0).any():
        raise ValueError(f"row {int((at < 0).argmax()):,} has a unit not in `units`")
    return np.bincount(at, value, minlength=len(index)).astype(np.float64)


def _arms(treatment: ArrayLike, control: ArrayLike) -> tuple[Floats, Floats]:
    arms = numbers("treatment", treatment), numbers("control", control)
    at_least("units in the smaller arm", min(map(len, arms)), 2)
    return arms


def _welch(a: Floats, b: Floats) -> tuple[float, float, float]:
    """Difference of means, its standard error and Welch's degrees of freedom."""
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    error = float(np.sqrt(va + vb))
    if error == 0:
        return float(a.mean() - b.mean()), 0.0, 1.0
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    return float(a.mean() - b.mean()), error, float(freedom)


@dataclass(frozen=True)
class ABResult:
    """What an experiment says about the mean per unit.

    Attributes
    ----------
    difference : Interval     treatment minus control, 95 %
    p_value : float           two-sided, of no difference
    treatment, control : float    means per unit
    units : int               in both arms
    """

    difference: Interval
    p_value: float
    treatment: float
    control: float
    units: int


def ab_test(
    treatment: ArrayLike, control: ArrayLike, *, cap: float | None = None
) -> ABResult:
    """Difference of the mean per unit between two arms, by Welch's t.

    Money has heavy tails: one stolen holiday can decide a test. `cap` replaces what
    lies above that quantile of both arms by the quantile itself (and below its mirror).
    It buys a narrower interval with bias: you then test the capped mean.

    Parameters
    ----------
    treatment, control : (n,), (m,) float   one value per unit, see `per_unit`
    cap : float               a quantile within (0.5, 1), e.g. 0.999

    Raises
    ------
    ValueError                NaN, fewer than two units in an arm

    Examples
    --------
    >>> ab_test([3.0, 4.0, 5.0, 4.0], [1.0, 2.0, 3.0, 2.0]).difference
    2.00 [0.587, 3.41]

    Source: Welch, Biometrika 34 (1947); capping in Kohavi, Tang and Xu, "Trustworthy
    online controlled experiments" (2020), chapter 22.
    """
    a, b = _arms(treatment, control)
    if cap is not None:
        between("cap", cap, 0.5, 1)
        low, high = np.quantile(np.concatenate([a, b]), [1 - cap, cap])
        a, b = a.clip(low, high), b.clip(low, high)
    difference, error, freedom = _welch(a, b)
    reach = float(stdtrit(freedom, 0.975)) * error
    if error > 0:
        p_value = 2 * float(stdtr(freedom, -abs(difference) / error))
    else:
        p_value = 1.0 if difference == 0 else 0.0
    interval = Interval(difference, difference - reach, difference + reach)
    means = float(a.mean()), float(b.mean())
    return ABResult(interval, p_value, *means, units=len(a) + len(b))


def cuped(outcome: ArrayLike, before: ArrayLike) -> Floats:
    """Take out of the outcome what was known before the experiment began.

    Adjust the units of both arms together, then compare: the mean stays, the variance
    falls by the square of the correlation.

    Parameters
    ----------
    outcome : (n,) float      one value per unit, both arms together
    before : (n,) float       the same units before the start, untouched by treatment

    Returns
    -------
    (n,) float                outcome - theta * (before - its mean)

    Examples
    --------
    >>> cuped([2.0, 4.0, 6.1], [1.0, 2.0, 3.0]).round(3)
    array([4.05, 4.  , 4.05])

    Source: Deng et al., "Improving the sensitivity of online controlled experiments by
    utilizing pre-experiment data", WSDM (2013).
    """
    y, x = numbers("outcome", outcome), numbers("before", before)
    if len(y) != len(x):
        raise ValueError(f"`outcome` has {len(y):,} units, `before` {len(x):,}")
    centred = x - x.mean()
    spread = float(centred @ centred)
    if spread == 0:
        raise ValueError("`before` is the same for all units: it explains nothing")
    return np.asarray(y - (centred @ y) / spread * centred)
