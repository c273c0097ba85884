"""Events sorted by key and time, so that a window is two binary searches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TIME_BITS = 32  # seconds take the low half of a position's 64 bits

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """Events of many keys in the order of (key, time), with values to be summed.

    `values` has one row per quantity; a window's sum is the difference of two
    running totals, exact because the values are whole numbers.
    """

    key: Ints
    time: Ints
    values: Ints  # (k, n)

    @classmethod
    def of(
        cls, key: NDArray[Any], time: NDArray[Any], values: Sequence[NDArray[Any]] = ()
    ) -> "Stream":
        """Sort events into a stream; times are seconds from zero on."""
        key, time = key.astype(np.int64), time.astype(np.int64)
        order = np.lexsort((time, key))
        stack = np.empty((len(values), len(key)), np.int64)
        for row, value in zip(stack, values, strict=True):
            row[:] = value[order]
        return cls(key[order], time[order], stack)

    def __len__(self) -> int:
        return len(self.key)

    @cached_property
    def _starts(self) -> NDArray[np.bool_]:
        return np.r_[True, self.key[1:] != self.key[:-1]][: len(self)]

    @cached_property
    def _uniques(self) -> Ints:
        return self.key[self._starts]

    @cached_property
    def _place(self) -> Ints:
        rank = np.cumsum(self._starts, dtype=np.int64) - 1
        return (rank << _TIME_BITS) | self.time

    @cached_property
    def _totals(self) -> Ints:
        totals = np.zeros((len(self.values), len(self) + 1), np.int64)
        np.cumsum(self.values, axis=1, out=totals[:, 1:])
        return totals

    def rank(self, key: Ints) -> Ints:
        """Which of this stream's keys each `key` is; -1 where it is none."""
        if not len(self):
            return np.full(len(key), -1, np.int64)
        at = np.minimum(np.searchsorted(self._uniques, key), len(self._uniques) - 1)
        return np.where(self._uniques[at] == key, at, -1)

    def edge(self, rank: Ints, time: Ints) -> Ints:
        """Where the first event of each key at or after `time` stands."""
        wanted = (np.maximum(rank, 0) << _TIME_BITS) | np.maximum(time, 0)
        return np.where(rank < 0, 0, np.searchsorted(self._place, wanted))

    def sums(self, row: int, start: Ints, end: Ints) -> Ints:
        """Sum of quantity `row` between two edges."""
        total: Ints = self._totals[row]
        return total[end] - total[start]

    def merged(self, other: "Stream", *, since: int) -> "Stream":
        """Both streams' events from `since` on, as a new stream."""
        kept = self.time >= since
        old = Stream(self.key[kept], self.time[kept], self.values[:, kept])
        low = np.searchsorted(old._uniques, other.key)
        known = old.rank(other.key)
        first = np.r_[np.flatnonzero(old._starts), len(old)]
        at = np.where(known < 0, first[low], old.edge(known, other.time))
        return Stream(
            np.insert(old.key, at, other.key),
            np.insert(old.time, at, other.time),
            np.insert(old.values, at, other.values, axis=1),
        )


@dataclass(frozen=True)
class Windows:
    """Window counts and sums of many payments over several streams at once.

    Counts add up, so yesterday's long stream and today's short one are asked
    separately and never have to be merged before a decision.
    """

    streams: tuple[Stream, ...]
    ranks: tuple[Ints, ...]
    ends: tuple[Ints, ...]
    now: Ints

    @classmethod
    def before(cls, streams: Sequence[Stream], key: Ints, now: Ints) -> "Windows":
        """Windows that end one second before `now`, for payments of `key`."""
        ranks = tuple(s.rank(key) for s in streams)
        ends = tuple(s.edge(r, now) for s, r in zip(streams, ranks, strict=True))
        return cls(tuple(streams), ranks, ends, now)

    def _starts(self, window: int) -> tuple[Ints, ...]:
        pairs = zip(self.streams, self.ranks, strict=True)
        return tuple(s.edge(r, self.now - window) for s, r in pairs)

    def count(self, window: int) -> Ints:
        """Events in the last `window` seconds, the present second excluded."""
        starts = self._starts(window)
        return np.sum([e - s for s, e in zip(starts, self.ends, strict=True)], axis=0)

    def sums(self, window: int, *rows: int) -> tuple[Ints, ...]:
        """Sums of the named quantities over the same window."""
        starts = self._starts(window)
        parts = list(zip(self.streams, starts, self.ends, strict=True))
        return tuple(
            np.sum([s.sums(r, a, b) for s, a, b in parts], axis=0) for r in rows
        )

    def last(self, window: int) -> Ints:
        """Time of the latest event in the window; -1 where there is none."""
        best = np.full(len(self.now), -1, np.int64)
        for s, a, b in zip(self.streams, self._starts(window), self.ends, strict=True):
            if len(s):
                best = np.maximum(best, np.where(b > a, s.time[b - 1], -1))
        return best
