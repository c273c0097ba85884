"""Keyed random streams: every part of a world is a pure function of its key."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
