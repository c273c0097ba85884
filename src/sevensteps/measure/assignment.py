"""Who gets which arm of an experiment, and whether the split came out as planned."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from sevensteps.measure.inputs import Floats, between

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

    Returns
    -------
    (n,) str                  "treatment" or "control"

    Examples
    --------
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

    Parameters
    ----------
    arms : (n,) str           arm of each unit that was *seen* in the experiment

    Examples
    --------
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
