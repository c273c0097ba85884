"""How large an experiment must be, and how often it cries wolf."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, stdtr

from sevensteps.measure.calibration import binomial_interval
from sevensteps.measure.inputs import Floats, at_least, between, numbers
from sevensteps.measure.interval import Interval


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


def _share(hits: int, trials: int) -> Interval:
    low, high = binomial_interval(hits, trials)
    return Interval(hits / trials, float(low), float(high))


def aa_false_positives(
    values: ArrayLike, *, splits: int = 1000, alpha: float = 0.05, seed: int = 0
) -> Interval:
    """Share of A/A tests on your own units that find an effect: it should be `alpha`.

    Tosses a coin for each unit, again and again, and tests each split (Welch). More
    than `alpha` means that the test does not suit the data.

    Parameters
    ----------
    values : (n,) float       one value per unit
    splits : int              how many A/A tests

    Returns
    -------
    Interval                  with exact binomial bounds over the splits
    """
    value = numbers("values", values)
    at_least("number of values", len(value), 20)
    at_least("splits", splits, 1)
    between("alpha", alpha, 0, 1)
    rng = np.random.default_rng(seed)
    value = value - value.mean()  # keeps the sums of squares accurate
    square, n = value**2, len(value)
    total, total2 = float(value.sum()), float(square.sum())
    hits = 0
    for _ in range(splits):
        arm = (rng.random(n, dtype=np.float32) < 0.5).astype(np.float64)
        k = int(arm.sum())
        p = _welch_p(float(arm @ value), float(arm @ square), k, total, total2, n)
        hits += p < alpha
    return _share(hits, splits)


def _welch_p(a: float, a2: float, k: int, total: float, total2: float, n: int) -> float:
    """p-value of the first `k` of `n` against the rest, from sums and squares."""
    m = n - k
    if min(k, m) < 2:
        return 1.0
    b, b2 = total - a, total2 - a2
    va = max(0.0, a2 - a * a / k) / (k - 1) / k
    vb = max(0.0, b2 - b * b / m) / (m - 1) / m
    if va + vb == 0:
        return 1.0
    freedom = (va + vb) ** 2 / (va**2 / (k - 1) + vb**2 / (m - 1))
    return 2 * float(stdtr(freedom, -abs(a / k - b / m) / math.sqrt(va + vb)))


def _largest_z(looks: int, simulations: int, seed: int) -> Floats:
    """Largest |z| over equally spaced looks at experiments without an effect."""
    at_least("looks", looks, 1)
    at_least("simulations", simulations, 1)
    rng = np.random.default_rng(seed)
    path = rng.standard_normal((simulations, looks)).cumsum(axis=1)
    path /= np.sqrt(np.arange(1, looks + 1))
    return np.asarray(np.abs(path).max(axis=1))


def peeking_false_positives(
    looks: int, *, alpha: float = 0.05, simulations: int = 20_000, seed: int = 0
) -> Interval:
    """Share of A/A tests declared a win if you test at every look and stop at a win.

    >>> 0.05 in peeking_false_positives(looks=1)
    True
    >>> peeking_false_positives(looks=14).estimate > 0.2
    True

    Source: Armitage, McPherson and Rowe, J. R. Statist. Soc. A 132 (1969).
    """
    between("alpha", alpha, 0, 1)
    hits = _largest_z(looks, simulations, seed) > ndtri(1 - alpha / 2)
    return _share(int(hits.sum()), simulations)


def peeking_alpha(
    looks: int, *, alpha: float = 0.05, simulations: int = 200_000, seed: int = 0
) -> float:
    """Level to test each look at, so that all looks together keep `alpha`.

    >>> round(peeking_alpha(looks=5), 3)
    0.016

    Source: Pocock, Biometrika 64 (1977).
    """
    between("alpha", alpha, 0, 1)
    z = np.quantile(_largest_z(looks, simulations, seed), 1 - alpha)
    return 2 * float(ndtr(-z))
