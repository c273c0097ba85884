"""How the online store writes things down: packed bytes under short keys.

key        value
------     -----------------------------------------------------------------
c:<card>     the card's payments of the last 30 days
d:<device>   the device's payments of the last 7 days
s:<merchant> its payments under three euros of the last hour
h:<card>     the card's holder: country, home, income
m:<merchant> the merchant: category, place, age
n:<merchant> what was computed at midnight: volume, mean, risk, recent reports
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.cases.fraud.features.names import (
    HOUR,
    MONTH,
    NIGHTLY_FEATURES,
    WEEK,
)
from sevensteps.cases.fraud.features.single import Cardholder, Merchant

NOTHING = -(2**31)  # an absent integer
_HOLDER = struct.Struct("<bfffi")
_MERCHANT = struct.Struct("<bffi")
_NIGHTLY = struct.Struct(f"<{len(NIGHTLY_FEATURES)}d")

CARD_EVENT = np.dtype(
    [
        ("paid_at", "<i4"),
        ("payment_id", "<i8"),
        ("cents", "<i4"),
        ("merchant_id", "<i4"),
        ("device_id", "<i4"),
        ("foreign", "?"),
    ]
)
DEVICE_EVENT = np.dtype([("paid_at", "<i4"), ("payment_id", "<i8"), ("card_id", "<i4")])
SMALL_EVENT = np.dtype([("paid_at", "<i4"), ("payment_id", "<i8")])


@dataclass(frozen=True, slots=True)
class Stream:
    """Events of one kind of key: the layout, how long and how many are kept."""

    prefix: str
    layout: np.dtype[Any]
    keep_s: int
    limit: int  # events; a hostile key cannot make its own reads slow

    def key(self, number: int) -> str:
        """Where the events of a card, device or merchant live."""
        return f"{self.prefix}:{number}"


CARD = Stream("c", CARD_EVENT, MONTH, 1_024)
DEVICE = Stream("d", DEVICE_EVENT, WEEK, 1_024)
SMALL = Stream("s", SMALL_EVENT, HOUR, 4_096)


@dataclass(frozen=True, slots=True)
class Event:
    """One record to be appended to a key of a stream."""

    stream: Stream
    number: int
    paid_at: int
    record: bytes

    @property
    def key(self) -> str:
        """Where it goes."""
        return self.stream.key(self.number)


def appended(old: bytes | None, event: Event) -> bytes:
    """The value of a key after an event: stale leading events and excess dropped."""
    size = event.stream.layout.itemsize
    kept = old or b""
    oldest = event.paid_at - event.stream.keep_s
    start = 0
    while start < len(kept) and _paid_at(kept, start) < oldest:
        start += size
    start = max(start, len(kept) - (event.stream.limit - 1) * size)
    return kept[start:] + event.record


def events(value: bytes | None, stream: Stream, but: int) -> NDArray[Any]:
    """The events of a key, in order of time, each once and without payment `but`.

    A store that answered too late may have stored an event twice (it was sent
    again); a retried payment may find itself. Neither counts.
    """
    found = np.frombuffer(value or b"", stream.layout)
    ids = found["payment_id"].tolist()
    if but in ids or len(set(ids)) < len(ids):
        _, first = np.unique(found["payment_id"], return_index=True)
        found = found[np.sort(first)]
        found = found[found["payment_id"] != but]
    times = found["paid_at"]
    if np.any(times[1:] < times[:-1]):
        found = found[np.argsort(times, kind="stable")]
    return found


def pack_holder(holder: Cardholder, countries: Sequence[str]) -> bytes:
    """A cardholder's profile in 17 bytes."""
    return _HOLDER.pack(
        _index(holder.country, countries),
        _nan(holder.home_x),
        _nan(holder.home_y),
        _nan(holder.declared_income),
        NOTHING if holder.opened_at is None else holder.opened_at,
    )


def unpack_holder(value: bytes, countries: Sequence[str]) -> Cardholder:
    """The inverse of `pack_holder`; absent numbers come back as NaN or None."""
    country, x, y, income, opened = _HOLDER.unpack(value)
    return Cardholder(
        country=None if country < 0 else countries[country],
        home_x=x,
        home_y=y,
        opened_at=None if opened == NOTHING else opened,
        declared_income=income,
    )


def pack_merchant(merchant: Merchant) -> bytes:
    """A merchant's profile in 13 bytes."""
    return _MERCHANT.pack(
        -1 if merchant.category is None else merchant.category,
        _nan(merchant.x),
        _nan(merchant.y),
        NOTHING if merchant.opened_at is None else merchant.opened_at,
    )


def unpack_merchant(value: bytes | None) -> Merchant:
    """The inverse of `pack_merchant`; nothing is known of an unknown merchant."""
    if value is None:
        return Merchant()
    category, x, y, opened = _MERCHANT.unpack(value)
    return Merchant(
        category=None if category < 0 else category,
        x=x,
        y=y,
        opened_at=None if opened == NOTHING else opened,
    )


def pack_nightly(values: Sequence[float]) -> bytes:
    """The nightly features of a merchant."""
    return _NIGHTLY.pack(*values)


def unpack_nightly(value: bytes) -> NDArray[np.float64]:
    """(5,) in the order of `NIGHTLY_FEATURES`."""
    return np.array(_NIGHTLY.unpack(value))


def _paid_at(value: bytes, start: int) -> int:
    return int.from_bytes(value[start : start + 4], "little", signed=True)


def _index(name: str | None, names: Sequence[str]) -> int:
    return -1 if name is None else names.index(name)


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value
