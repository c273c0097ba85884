"""A history's tables as plain arrays, and windows over their events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History
from sevensteps.cases.fraud.world.schema import CATEGORIES

from .single import DAY, MONDAY_OFFSET, NO_DEVICE

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coded:
    """Payments as arrays in their own order; NaN is missing, devices have -1."""

    paid_at: NDArray[np.int64]
    card: NDArray[np.int64]
    merchant: NDArray[np.int64]
    device: NDArray[np.int64]
    cents: NDArray[np.int64]
    foreign: Floats


@dataclass(frozen=True, slots=True)
class Facts:
    """Slow facts of cardholders and merchants: column to values by id."""

    home: pa.ChunkedArray
    people: dict[str, Floats]
    shops: dict[str, Floats]

    @classmethod
    def of(cls, history: History) -> Self:
        """Read them from a history whose ids are 0..n-1 in order of row."""
        people, shops = history.cardholders, history.merchants
        for table, name in ((people, "cardholder_id"), (shops, "merchant_id")):
            ids = table[name].to_numpy()
            if not np.array_equal(ids, np.arange(len(ids))):
                raise ValueError(f"{name} must count 0, 1, 2, … in order of row")
        of_people = ("home_x", "home_y", "opened_at", "declared_income")
        category = pc.index_in(_text(shops["category"]), pa.array(CATEGORIES))
        return cls(
            people["country"],
            {name: floats(people[name]) for name in of_people},
            {name: floats(shops[name]) for name in ("x", "y", "opened_at")}
            | {"category": floats(category)},
        )


def to_cents(amount: NDArray[Any]) -> NDArray[np.int64]:
    """Euros to whole cents, halves upwards, as the offline pipeline does."""
    return np.floor(amount.astype(np.float64) * 100 + 0.5).astype(np.int64)


def floats(column: pa.ChunkedArray) -> Floats:
    """A numeric or boolean column as float64, null as NaN."""
    return pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)


def code(payments: pa.Table, facts: Facts) -> Coded:
    """Arrays for the window kernels from a payments table or a day's batch."""
    device = pc.fill_null(payments["device_id"], NO_DEVICE)
    return Coded(
        payments["paid_at"].to_numpy().astype(np.int64),
        payments["card_id"].to_numpy().astype(np.int64),
        payments["merchant_id"].to_numpy().astype(np.int64),
        device.to_numpy().astype(np.int64),
        to_cents(payments["amount"].to_numpy()),
        _differs(payments["country"], _home(payments, facts)),
    )


def payment_columns(payments: pa.Table, facts: Facts) -> dict[str, Floats]:
    """The `PAYMENT_FEATURES` of many payments; see `payment_features` for one."""
    at = payments["paid_at"].to_numpy().astype(np.int64)
    holder = payments["cardholder_id"].to_numpy()
    shop = payments["merchant_id"].to_numpy()
    home = _home(payments, facts)
    online = floats(pc.equal(_text(payments["channel"]), "online"))
    no_device = floats(pc.is_null(payments["device_id"]))
    people = {name: fact[holder] for name, fact in facts.people.items()}
    shops = {name: fact[shop] for name, fact in facts.shops.items()}
    across, along = shops["x"] - people["home_x"], shops["y"] - people["home_y"]
    return {
        "amount": floats(payments["amount"]),
        "hour": at % DAY // 3_600,
        "weekday": (at // DAY + MONDAY_OFFSET) % 7,
        "is_online": online,
        "is_contactless": floats(pc.equal(_text(payments["channel"]), "contactless")),
        "category": shops["category"],
        "is_foreign": _differs(payments["country"], home),
        "distance_km": np.where(online == 1, np.nan, np.sqrt(across**2 + along**2)),
        "ip_foreign": _differs(payments["ip_country"], home),
        "address_match": floats(payments["address_match"]),
        "ip_risk": floats(payments["ip_risk"]),
        "device_missing": np.where(online == 1, no_device, np.nan),
        "account_age_days": (at - people["opened_at"]) / DAY,
        "declared_income": people["declared_income"],
        "merchant_age_days": (at - shops["opened_at"]) / DAY,
    }


def _text(column: Any) -> Any:
    return pc.cast(column, pa.string())


def _home(payments: pa.Table, facts: Facts) -> pa.ChunkedArray:
    return pc.take(facts.home, payments["cardholder_id"])


def _differs(left: pa.ChunkedArray, right: pa.ChunkedArray) -> Floats:
    return floats(pc.not_equal(_text(left), _text(right)))


_TIME_BITS = 32  # seconds take the low half of a position's 64 bits

Ints = NDArray[np.int64]


def pair(left: Ints, right: Ints) -> Ints:
    """One key out of two numbers of at most 31 bits."""
    return (left << 32) | right


@dataclass(frozen=True)
class EventStream:
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
    ) -> "EventStream":
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

    def merged(self, other: "EventStream", *, since: int) -> "EventStream":
        """Both streams' events from `since` on, as a new stream."""
        kept = self.time >= since
        old = EventStream(self.key[kept], self.time[kept], self.values[:, kept])
        low = np.searchsorted(old._uniques, other.key)
        known = old.rank(other.key)
        first = np.r_[np.flatnonzero(old._starts), len(old)]
        at = np.where(known < 0, first[low], old.edge(known, other.time))
        return EventStream(
            np.insert(old.key, at, other.key),
            np.insert(old.time, at, other.time),
            np.insert(old.values, at, other.values, axis=1),
        )


class Windows:
    """Window counts and sums of many payments over several streams at once.

    Counts add up, so yesterday's long stream and today's short one need not be merged
    before a decision. Questions are asked in the streams' own order, which keeps the
    searches in the cache, and answered in the order of the payments.
    """

    def __init__(
        self, streams: Sequence[EventStream], key: NDArray[Any], now: NDArray[Any]
    ) -> None:
        """Windows that end one second before `now`, for payments of `key`."""
        self._order = np.lexsort((now, key))
        self._now = now[self._order].astype(np.int64)
        self._streams = tuple(streams)
        self._ranks = [s.rank(key[self._order]) for s in streams]
        self._edges: dict[int, list[Ints]] = {}

    def _at(self, window: int) -> list[Ints]:
        """Per stream, the first event of the last `window` seconds; 0: the end."""
        if window not in self._edges:
            pairs = zip(self._streams, self._ranks, strict=True)
            self._edges[window] = [s.edge(r, self._now - window) for s, r in pairs]
        return self._edges[window]

    def _spans(self, window: int) -> Iterator[tuple[EventStream, Ints, Ints]]:
        return zip(self._streams, self._at(window), self._at(0), strict=True)

    def _answer(self, values: Ints) -> Ints:
        out = np.empty_like(values)
        out[self._order] = values
        return out

    def count(self, window: int) -> Ints:
        """Events in the last `window` seconds, the present second excluded."""
        parts = [end - start for _, start, end in self._spans(window)]
        return self._answer(np.sum(parts, axis=0))

    def sums(self, window: int, row: int) -> Ints:
        """Sums of one quantity over the same window."""
        parts = [s.sums(row, start, end) for s, start, end in self._spans(window)]
        return self._answer(np.sum(parts, axis=0))

    def last(self, window: int) -> Ints:
        """Time of the latest event in the window; -1 where there is none."""
        best = np.full(len(self._now), -1, np.int64)
        for stream, start, end in self._spans(window):
            if len(stream):
                latest = np.where(end > start, stream.time[end - 1], -1)
                best = np.maximum(best, latest)
        return self._answer(best)
