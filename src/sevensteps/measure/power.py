"""How large an experiment must be, and how often it cries wolf."""

from __future__ import annotations

import math

from scipy.special import ndtr, ndtri

from sevensteps.measure.inputs import at_least, between


def _error(sd: float, units: float, share: float) -> float:
    """Standard error of the difference of two arms' means."""
    if not sd > 0:
        raise ValueError(f"`sd` must be above 0, not {sd}")
    between("share", share, 0, 1)
    return sd / math.sqrt(units * share * (1 - share))


def power(
    effect: float, sd: float, units: int, *, share: float = 0.5, alpha: float = 0.05
) -> float:
    """Probability that an experiment sees an effect of this size.

    Parameters
    ----------
    effect : float            true difference of the means per unit
    sd : float                standard deviation between units, same unit of measure
    units : int               in both arms together
    share : float             of them in the treatment
    alpha : float             level of the two-sided test

    Examples
    --------
    >>> round(power(effect=0.5, sd=1, units=128), 2)
    0.81
    """
    at_least("units", units, 4)
    between("alpha", alpha, 0, 1)
    shift = abs(effect) / _error(sd, units, share)
    z = float(ndtri(1 - alpha / 2))
    return float(ndtr(shift - z) + ndtr(-shift - z))


def sample_size(
    effect: float,
    sd: float,
    *,
    power: float = 0.8,
    share: float = 0.5,
    alpha: float = 0.05,
) -> int:
    """Units in both arms together that see `effect` with probability `power`.

    Parameters as for `power`. A tenth of the effect needs a hundred times the units.

    >>> sample_size(effect=0.5, sd=1)
    126
    """
    if effect == 0:
        raise ValueError("no experiment can see an `effect` of 0")
    smallest = minimum_detectable_effect(sd, 4, power=power, share=share, alpha=alpha)
    return max(4, math.ceil(4 * (smallest / effect) ** 2))


def minimum_detectable_effect(
    sd: float,
    units: int,
    *,
    power: float = 0.8,
    share: float = 0.5,
    alpha: float = 0.05,
) -> float:
    """Smallest true difference that is seen with probability `power`.

    Parameters as for `power`.

    >>> round(minimum_detectable_effect(sd=1, units=126), 3)
    0.499

    Source: Bloom, "Minimum detectable effects", Evaluation Review 19 (1995).
    """
    at_least("units", units, 4)
    between("alpha", alpha, 0, 1)
    between("power", power, alpha, 1)
    return float(ndtri(1 - alpha / 2) + ndtri(power)) * _error(sd, units, share)
