"""A growing set of (user, thing) pairs: who has watched what, who follows whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class UserItemPairs:
    """Pairs of ids as one sorted array; sets are never changed, only replaced."""

    keys: NDArray[np.int64]

    @classmethod
    def none(cls) -> UserItemPairs:
        """The empty set."""
        return cls(np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, user: NDArray[Any], thing: NDArray[Any]) -> UserItemPairs:
        """The set with some pairs more; (n,) of both."""
        both = np.concatenate([self.keys, np.unique(_keys(user, thing))])
        both.sort(kind="stable")  # two sorted runs: merged in linear time
        new = np.ones(len(both), bool)
        new[1:] = both[1:] != both[:-1]
        return UserItemPairs(both[new])

    def of(self, user: int) -> UserItemPairs:
        """The pairs of one user, who becomes user 0."""
        low, high = np.searchsorted(self.keys, [user << 32, (user + 1) << 32])
        return UserItemPairs(self.keys[low:high] & 0xFFFFFFFF)

    def has(self, user: NDArray[Any], thing: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether each pair is in the set; any one shape of both."""
        if not len(self.keys):
            return np.zeros(np.shape(thing), bool)
        asked = _keys(user, thing)
        at = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        return np.asarray(self.keys[at] == asked)


def _keys(user: NDArray[Any], thing: NDArray[Any]) -> NDArray[np.int64]:
    return (user.astype(np.int64) << 32) | thing.astype(np.int64)
