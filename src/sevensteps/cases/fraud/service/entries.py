"""From the warehouse to the store: a history's last 30 days as packed entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.features.coded import Coded, Facts, code
from sevensteps.cases.fraud.features.names import (
    DAY,
    MONTH,
    NIGHTLY_FEATURES,
    NO_DEVICE,
    SMALL_CENTS,
)
from sevensteps.cases.fraud.features.nightly import nightly_merchants
from sevensteps.cases.fraud.features.single import Cardholder, Merchant
from sevensteps.cases.fraud.world import History

from .records import (
    CARD,
    DEVICE,
    SMALL,
    Stream,
    pack_holder,
    pack_merchant,
    pack_nightly,
)

Entry = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Content:
    """What a store is filled with, and from when it dates."""

    as_of: int  # seconds: the midnight that ends the history
    countries: tuple[str, ...]
    parts: tuple[tuple[str, Iterator[Entry]], ...]  # name and entries of each part


def content(history: History) -> Content:
    """All entries of a store as of the midnight that ends the history.

    Parameters
    ----------
    history : payments in order of time; 30 days of them are stored, 90 are read for
        the nightly features

    Returns
    -------
    Content                   its parts are made lazily, so that they can be counted
    """
    as_of = history.days * DAY
    times = history.payments["paid_at"].to_numpy()
    first, last = np.searchsorted(times, [as_of - MONTH, as_of])
    recent = history.payments.slice(int(first), int(last - first))
    events = code(recent, Facts.of(history))
    ids = recent["payment_id"].to_numpy()
    countries = _names(history.cardholders["country"])
    parts = (
        ("cards", _cards(events, ids)),
        ("devices", _devices(events, ids)),
        ("small payments", _small(events, ids)),
        ("cardholders", _holders(history, countries)),
        ("merchants", _merchants(history)),
        ("merchants tonight", nightly_entries(history, history.days)),
    )
    return Content(as_of, countries, parts)


def nightly_entries(history: History, day: int) -> Iterator[Entry]:
    """The entries of the nightly job: merchants as of the midnight beginning `day`."""
    table = nightly_merchants(history, day)
    rows = zip(*(table[name].to_pylist() for name in NIGHTLY_FEATURES), strict=True)
    for merchant, values in zip(table["merchant_id"].to_pylist(), rows, strict=True):
        yield f"n:{merchant}", pack_nightly(values)


def _cards(events: Coded, ids: NDArray[np.int64]) -> Iterator[Entry]:
    packed = np.empty(len(events), CARD.layout)
    packed["paid_at"], packed["payment_id"] = events.paid_at, ids
    packed["cents"], packed["foreign"] = events.cents, events.foreign == 1
    packed["merchant_id"], packed["device_id"] = events.merchant, events.device
    return _grouped(CARD, events.card, packed)


def _devices(events: Coded, ids: NDArray[np.int64]) -> Iterator[Entry]:
    oldest = _end(events) - DEVICE.keep_s
    chosen = (events.device != NO_DEVICE) & (events.paid_at >= oldest)
    packed = np.empty(int(chosen.sum()), DEVICE.layout)
    packed["paid_at"], packed["payment_id"] = events.paid_at[chosen], ids[chosen]
    packed["card_id"] = events.card[chosen]
    return _grouped(DEVICE, events.device[chosen], packed)


def _small(events: Coded, ids: NDArray[np.int64]) -> Iterator[Entry]:
    oldest = _end(events) - SMALL.keep_s
    chosen = (events.cents < SMALL_CENTS) & (events.paid_at >= oldest)
    packed = np.empty(int(chosen.sum()), SMALL.layout)
    packed["paid_at"], packed["payment_id"] = events.paid_at[chosen], ids[chosen]
    return _grouped(SMALL, events.merchant[chosen], packed)


def _end(events: Coded) -> int:
    """The midnight after the last event."""
    return (int(events.paid_at[-1]) // DAY + 1) * DAY if len(events) else 0


def _grouped(
    stream: Stream, keys: NDArray[np.int64], packed: NDArray[Any]
) -> Iterator[Entry]:
    """One entry per key: its latest events, in order of time."""
    order = np.argsort(keys, kind="stable")
    keys, packed = keys[order], packed[order]
    edges = np.r_[0, np.flatnonzero(np.diff(keys)) + 1, len(keys)]
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if stop > start:
            start = max(start, stop - stream.limit)
            yield stream.key(int(keys[start])), packed[start:stop].tobytes()


def _holders(history: History, countries: tuple[str, ...]) -> Iterator[Entry]:
    names = ("country", "home_x", "home_y", "opened_at", "declared_income")
    columns = zip(*(history.cardholders[n].to_pylist() for n in names), strict=True)
    packed = [pack_holder(Cardholder(*row), countries) for row in columns]
    cards = history.cards
    owners = zip(
        cards["card_id"].to_pylist(), cards["cardholder_id"].to_pylist(), strict=True
    )
    for card, holder in owners:
        yield f"h:{card}", packed[holder]


def _merchants(history: History) -> Iterator[Entry]:
    facts = Facts.of(history)
    opened = history.merchants["opened_at"].to_pylist()
    values = (facts.category, facts.x, facts.y)
    rows = zip(*(v.tolist() for v in values), opened, strict=True)
    for number, (category, x, y, since) in enumerate(rows):
        known = None if category != category else int(category)
        yield f"m:{number}", pack_merchant(Merchant(known, x, y, since))


def _names(column: pa.ChunkedArray) -> tuple[str, ...]:
    found = column.cast(pa.string()).unique().to_pylist()
    return tuple(sorted(name for name in found if name is not None))
