"""An A/B test: who gets which arm, what it says per unit, how large it must be."""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri, stdtr, stdtrit

from .bootstrap import Interval
from .inputs import Floats, at_least, between, numbers, same_length

SUSPICIOUS = 0.001  # usual alarm level: the test runs daily on every experiment


def _mixed(ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of SplitMix64: every input bit moves every output bit."""
    ids = (ids ^ (ids >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    ids = (ids ^ (ids >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ids ^ (ids >> np.uint64(31))


def unit_hash(unit_ids: ArrayLike, salt: str) -> Floats:
    """A fixed number in [0, 1) for each unit; another salt shuffles all of them.

    Parameters
    ----------
    unit_ids : (n,) int       e.g. cardholder_id; a ValueError for anything else
    salt : str                name of the experiment

    Source: SplitMix64, Steele, Lea and Flood, OOPSLA (2014).
    """
    ids = np.asarray(unit_ids)
    if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer):
        raise ValueError("`unit_ids` must be one column of integers: number the texts")
    start = hashlib.blake2b(salt.encode(), digest_size=8).digest()
    key = np.uint64(int.from_bytes(start, "little"))
    mixed = _mixed(_mixed(ids.astype(np.uint64)) ^ key)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53


def assign(unit_ids: ArrayLike, salt: str, treated: float = 0.5) -> NDArray[np.str_]:
    """Arm of each unit, by a salted hash: nothing is stored, the answer never changes.

    Raising the share of the treated moves units into the treatment and none out of it,
    so a roll-out can grow.

    Parameters
    ----------
    unit_ids : (n,) int       the unit that is treated, e.g. cardholder_id
    salt : str                name of the experiment: a new one for each
    treated : float           share of the treatment, within (0, 1)

    Returns (n,) str: "treatment" or "control".

    >>> arm = assign(range(6), "review queue v2")
    >>> (arm == "treatment").tolist()
    [False, True, False, False, False, True]
    """
    between("treated", treated, 0, 1)
    return np.where(unit_hash(unit_ids, salt) < treated, "treatment", "control")


@dataclass(frozen=True)
class SampleRatio:
    """Result of a sample-ratio check. `suspicious` means: do not read the result."""

    p_value: float
    observed: dict[str, int]

    @property
    def suspicious(self) -> bool:
        """True if the split is not even beyond reasonable luck."""
        return self.p_value < SUSPICIOUS


def sample_ratio_check(arms: ArrayLike) -> SampleRatio:
    """Test whether an even split came out even.

    A mismatch means that units were lost or moved, mostly not at random.

    `arms`, (n,): arm of each unit that was *seen* in the experiment.

    >>> check = sample_ratio_check(["a"] * 50_300 + ["b"] * 49_000)
    >>> check.suspicious, round(check.p_value, 6)
    (True, 3.7e-05)

    Source: Fabijan et al., "Diagnosing sample ratio mismatch in online controlled
    experiments", KDD (2019).
    """
    names, count = np.unique(np.asarray(arms, dtype=str), return_counts=True)
    between("number of arms", len(names), 1, np.inf)
    expected = count.sum() / len(names)
    chi2 = float(((count - expected) ** 2 / expected).sum())
    p_value = float(chdtrc(len(names) - 1, chi2))
    return SampleRatio(p_value, dict(zip(names.tolist(), count.tolist(), strict=True)))


def per_unit(values: ArrayLike, unit: ArrayLike, units: ArrayLike) -> Floats:
    """Sum of `values` over the rows of each unit, in the order of `units`.

    A unit without a row counts as zero: to leave it out would compare only those whom
    the treatment let act.

    Parameters
    ----------
    values : (n,) float       e.g. euros lost on a payment
    unit : (n,) int           unit of each row, e.g. cardholder_id
    units : (m,) int          all units of the experiment, each once

    >>> per_unit([5.0, 1.0, 2.0], unit=[7, 9, 7], units=[7, 8, 9])
    array([7., 0., 1.])
    """
    value, index = numbers("values", values), pd.Index(np.asarray(units))
    if not index.is_unique:
        raise ValueError("`units` must name each unit once")
    at = index.get_indexer(pd.Index(np.asarray(unit)))
    same_length(values=value, unit=at)
    if (at < 0).any():
        raise ValueError(f"row {int((at < 0).argmax()):,} has a unit not in `units`")
    return np.bincount(at, value, minlength=len(index)).astype(np.float64)


@dataclass(frozen=True)
class ABResult:
    """What an experiment says about the mean per unit."""

    difference: Interval  # treatment minus control, 95 %
    p_value: float  # two-sided, of no difference


def ab_test(treatment: ArrayLike, control: ArrayLike) -> ABResult:
    """Difference of the mean per unit between two arms, by Welch's t.

    `treatment` and `control`, (n,), (m,): one value per unit, see `per_unit`.

    Raises a ValueError for NaN, fewer than two units in an arm.

    >>> ab_test([3.0, 4.0, 5.0, 4.0], [1.0, 2.0, 3.0, 2.0]).difference
    2.00 [0.587, 3.41]

    Source: Welch, Biometrika 34 (1947).
    """
    a, b = numbers("treatment", treatment), numbers("control", control)
    at_least("units in the smaller arm", min(len(a), len(b)), 2)
    difference, error, freedom = _welch(a, b)
    reach = float(stdtrit(freedom, 0.975)) * error
    if error > 0:
        p_value = 2 * float(stdtr(freedom, -abs(difference) / error))
    else:
        p_value = 1.0 if difference == 0 else 0.0
    interval = Interval(difference, difference - reach, difference + reach)
    return ABResult(interval, p_value)


def _welch(a: Floats, b: Floats) -> tuple[float, float, float]:
    """Difference of means, its standard error and Welch's degrees of freedom."""
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    error = float(np.sqrt(va + vb))
    if error == 0:
        return float(a.mean() - b.mean()), 0.0, 1.0
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    return float(a.mean() - b.mean()), error, float(freedom)


def cuped(outcome: ArrayLike, before: ArrayLike) -> Floats:
    """Take out of the outcome what was known before the experiment began.

    Adjust the units of both arms together, then compare: the mean stays, the variance
    falls by the square of the correlation.

    Parameters
    ----------
    outcome : (n,) float      one value per unit, both arms together
    before : (n,) float       the same units before the start, untouched by treatment

    Returns (n,) float: outcome - theta * (before - its mean).

    >>> cuped([2.0, 4.0, 6.1], [1.0, 2.0, 3.0]).round(3)
    array([4.05, 4.  , 4.05])

    Source: Deng et al., "Improving the sensitivity of online controlled experiments by
    utilizing pre-experiment data", WSDM (2013).
    """
    y, x = numbers("outcome", outcome), numbers("before", before)
    same_length(outcome=y, before=x)
    centred = x - x.mean()
    spread = float(centred @ centred)
    if spread == 0:
        raise ValueError("`before` is the same for all units: it explains nothing")
    return np.asarray(y - (centred @ y) / spread * centred)


def minimum_detectable_effect(
    sd: float, units: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Smallest true difference of means that is seen with probability `power`.

    Parameters
    ----------
    sd : float                standard deviation between units
    units : int               in both arms together, half of them in each
    power, alpha : float      of the two-sided test

    >>> round(minimum_detectable_effect(sd=1, units=126), 3)
    0.499

    Source: Bloom, "Minimum detectable effects", Evaluation Review 19 (1995).
    """
    at_least("units", units, 4)
    between("sd", sd, 0, math.inf)
    between("alpha", alpha, 0, 1)
    between("power", power, alpha, 1)
    return float(ndtri(1 - alpha / 2) + ndtri(power)) * (sd / math.sqrt(units / 4))


def sample_size(
    effect: float, sd: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Units in both arms together that see `effect` with probability `power`.

    Parameters as for `minimum_detectable_effect`. A tenth of the effect needs a hundred
    times the units.

    >>> sample_size(effect=0.5, sd=1)
    126
    """
    if effect == 0:
        raise ValueError("no experiment can see an `effect` of 0")
    smallest = minimum_detectable_effect(sd, 4, power=power, alpha=alpha)
    return max(4, math.ceil(4 * (smallest / effect) ** 2))
