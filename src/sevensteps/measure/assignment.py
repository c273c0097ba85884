"""Who gets which arm of an experiment, and whether the split came out as planned."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from sevensteps.measure.inputs import Floats, between

_SUSPICIOUS = 0.001  # usual alarm level: the test runs daily on every experiment


def _mixed(ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of SplitMix64: every input bit moves every output bit."""
    ids = (ids ^ (ids >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    ids = (ids ^ (ids >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ids ^ (ids >> np.uint64(31))


def _as_integers(unit_ids: ArrayLike) -> NDArray[np.uint64]:
    array = np.asarray(unit_ids)
    if array.dtype == bool or array.ndim != 1:
        raise ValueError("`unit_ids` must be one column of integers or texts")
    if np.issubdtype(array.dtype, np.integer):
        return array.astype(np.uint64)
    if array.dtype.kind not in "UOT":
        raise ValueError(f"`unit_ids` must be integers or texts, not {array.dtype}")
    codes, texts = pd.factorize(array)
    if (codes < 0).any():
        raise ValueError(f"`unit_ids` is missing in row {int((codes < 0).argmax()):,}")
    digest = [hashlib.blake2b(str(t).encode(), digest_size=8).digest() for t in texts]
    return np.frombuffer(b"".join(digest), dtype="<u8").astype(np.uint64)[codes]


def unit_hash(unit_ids: ArrayLike, salt: str) -> Floats:
    """A fixed number in [0, 1) for each unit; another salt shuffles all of them.

    Parameters
    ----------
    unit_ids : (n,) int or str   e.g. cardholder_id
    salt : str                   name of the experiment

    Source: SplitMix64, Steele, Lea and Flood, OOPSLA (2014).
    """
    start = hashlib.blake2b(salt.encode(), digest_size=8).digest()
    key = np.uint64(int.from_bytes(start, "little"))
    mixed = _mixed(_mixed(_as_integers(unit_ids)) ^ key)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53


def assign(
    unit_ids: ArrayLike, salt: str, shares: Mapping[str, float] | None = None
) -> pd.Categorical[str]:
    """Arm of each unit, by a salted hash: nothing is stored, the answer never changes.

    Shares are filled in their order. Raising the first arm's share moves units into it
    and none out of it, so a roll-out can grow.

    Parameters
    ----------
    unit_ids : (n,) int or str   the unit that is treated, e.g. cardholder_id
    salt : str                   name of the experiment: a new one for each
    shares : {arm: share}        must add up to 1; halves for treatment and control
                                 unless given

    Returns
    -------
    Categorical (n,)             compare it with a name for a mask

    Examples
    --------
    >>> arm = assign(range(6), "review queue v2")
    >>> (arm == "treatment").tolist()
    [False, True, False, False, False, True]
    """
    planned = {"treatment": 0.5, "control": 0.5} if shares is None else dict(shares)
    parts = np.array(list(planned.values()), dtype=np.float64)
    if not len(parts) or (parts < 0).any() or abs(parts.sum() - 1) > 1e-9:
        raise ValueError(f"`shares` must be at least 0 and add up to 1, not {planned}")
    edges = parts.cumsum()[:-1]
    code = np.searchsorted(edges, unit_hash(unit_ids, salt), side="right")
    return pd.Categorical.from_codes(
        code.astype(np.int8), categories=pd.Index(list(planned))
    )


@dataclass(frozen=True)
class SampleRatio:
    """Result of a sample-ratio check. `suspicious` means: do not read the result."""

    p_value: float
    observed: dict[str, int]
    expected: dict[str, float]

    @property
    def suspicious(self) -> bool:
        """True if the split is not the planned one beyond reasonable luck."""
        return self.p_value < _SUSPICIOUS


def sample_ratio_check(
    arms: ArrayLike, shares: Mapping[str, float] | None = None
) -> SampleRatio:
    """Test whether the units seen in each arm are as many as planned.

    A mismatch means that units were lost or moved, mostly not at random.

    Parameters
    ----------
    arms : (n,) str           arm of each unit that was *seen* in the experiment
    shares : {arm: share}     as planned; equal shares of the arms seen unless given

    Examples
    --------
    >>> check = sample_ratio_check(["a"] * 50_300 + ["b"] * 49_000)
    >>> check.suspicious, round(check.p_value, 6)
    (True, 3.7e-05)

    Source: Fabijan et al., "Diagnosing sample ratio mismatch in online controlled
    experiments", KDD (2019).
    """
    counts = pd.Series(np.asarray(arms)).value_counts()
    seen = {str(arm): int(n) for arm, n in counts.items()}
    planned = dict.fromkeys(sorted(seen), 1 / len(seen)) if not shares else dict(shares)
    unknown = sorted(set(seen) - set(planned))
    if unknown:
        raise ValueError(f"arms {unknown} are not in the plan {sorted(planned)}")
    parts = np.array(list(planned.values()), dtype=np.float64)
    between("number of arms", len(parts), 1, np.inf)
    if (parts <= 0).any() or abs(parts.sum() - 1) > 1e-9:
        raise ValueError(f"`shares` must be above 0 and add up to 1, not {planned}")
    count = np.array([seen.get(arm, 0) for arm in planned])
    expected = parts * count.sum()
    chi2 = float(((count - expected) ** 2 / expected).sum())
    return SampleRatio(
        float(chdtrc(len(parts) - 1, chi2)),
        {arm: seen.get(arm, 0) for arm in planned},
        dict(zip(planned, expected.tolist(), strict=True)),
    )
