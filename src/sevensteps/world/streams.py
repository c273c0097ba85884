"""Keyed random numbers, by which every part of a world is a pure function of its key.

They also part units between policies, for an honest A/B test. Arms share the world
and, unless told otherwise, the log from which their policies learn: what one arm does
reaches the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .arrays import join, take

_ODD = [np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)]


def stream(seed: int, *key: int) -> np.random.Generator:
    """A generator that depends on the key alone, so shards need no order."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *key])))


def unit_streams(
    unit: NDArray[Any], *, seed: int, future: int, day: int
) -> NDArray[np.uint64]:
    """(n,) the key of each unit's random numbers on a day of a future.

    Equal for equal arguments, whatever a policy does: common random numbers.
    """
    key = np.random.SeedSequence([seed, future, day]).generate_state(1, np.uint64)[0]
    x = (unit.astype(np.uint64) * _ODD[0]) ^ key
    x ^= x >> np.uint64(32)
    x *= _ODD[1]
    return np.asarray(x ^ (x >> np.uint64(29)))


def uniforms(
    key: NDArray[Any], other: NDArray[Any] | int, purpose: int
) -> NDArray[np.float32]:
    """(n,) uniforms in [0, 1), one per pair of keys and purpose, under every policy.

    A key is e.g. that of a user on a day, see `unit_streams`; `other` is what else the
    draw depends on, e.g. a video.
    """
    x = key ^ (np.asarray(other).astype(np.uint64) * _ODD[1])
    x ^= x >> np.uint64(31)
    x *= np.uint64((0xBF58476D1CE4E5B9 + 2 * 0x9E3779B97F4A7C * purpose) % 2**64)
    x ^= x >> np.uint64(29)
    x *= np.uint64(0x94D049BB133111EB)
    return (x >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


@dataclass(frozen=True)
class Arms:
    """A policy made of policies: each unit belongs to one of them, for good."""

    policies: Mapping[str, Any]
    unit: str  # the column that names a unit, e.g. "user_id"
    purpose: int  # of the random numbers that assign them, see `uniforms`
    seed: int = 0  # of the assignment
    apart: bool = False  # each policy learns from its own units' log only

    def __post_init__(self) -> None:
        if len(self.policies) < 2:
            raise ValueError("arms need at least two policies")

    def of(self, unit_id: NDArray[Any]) -> NDArray[np.intp]:
        """(n,) the number of each unit's arm, in the order of `policies`."""
        upto = np.cumsum(np.full(len(self.policies), 1 / len(self.policies)))
        key = unit_streams(unit_id, seed=self.seed, future=0, day=0)
        u = uniforms(key, 0, self.purpose)
        return np.minimum(np.searchsorted(upto, u, "right"), len(upto) - 1)

    def names(self, unit_id: NDArray[Any]) -> NDArray[np.str_]:
        """(n,) the name of each unit's arm."""
        return np.array([*self.policies])[self.of(unit_id)]

    def __call__(self, requests: Any, view: Any) -> Any:
        """Each request's answer by the policy of its unit's arm."""
        arm = self.of(_column(requests, self.unit))
        rows, answers = [], []
        for number, (name, policy) in enumerate(self.policies.items()):
            mine = np.flatnonzero(arm == number)
            answer = policy(take(requests, mine), self._own(view, number))
            if (n := _length(answer)) != len(mine):
                told = f"answered {n} of {len(mine)} requests on day {view.day}"
                raise ValueError(f"the arm {name!r} {told}")
            rows.append(mine)
            answers.append(answer)
        return take(join(answers), np.argsort(np.concatenate(rows)))

    def _own(self, view: Any, number: int) -> Any:
        """What the policy of an arm may look at."""
        if not self.apart:
            return view
        if not hasattr(view, "log"):
            raise ValueError("apart: policies of this world are shown no log to part")
        if view.log is None:
            return view
        own = self.of(_column(view.log, self.unit)) == number
        return replace(view, log=view.log.filter(pa.array(own)))


def _column(rows: Any, name: str) -> NDArray[Any]:
    """A column of a table, or of a record of arrays."""
    if isinstance(rows, pa.Table):
        return np.asarray(rows[name].to_numpy())
    return np.asarray(getattr(rows, name))


def _length(answer: Any) -> int:
    """Rows of an array, or of a record of arrays."""
    if isinstance(answer, np.ndarray):
        return len(answer)
    return len(getattr(answer, fields(answer)[0].name))
