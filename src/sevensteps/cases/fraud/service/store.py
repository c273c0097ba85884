"""The online store: what the service knows of a card, a device and a merchant now.

It is LMDB, a memory-mapped tree in one folder: no server, and a read costs
microseconds. It is filled from the warehouse, under another name until it is complete.
A process killed in the middle of an append leaves the tree as it was before.

key          value
------       -----------------------------------------------------------------
c:<card>     the card's payments of the last 30 days, packed
d:<device>   the device's payments of the last 7 days, packed
s:<merchant> its payments under three euros of the last hour, packed
h:<card>     the card's holder: country, home, age of the account, income
m:<merchant> the merchant: category, place, age
n:<merchant> what was computed at midnight: volume, mean, risk, recent reports
"""

import contextlib
import errno
import json
import secrets
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
from numpy.typing import NDArray

from sevensteps.cases.fraud.features import single
from sevensteps.cases.fraud.features.live import nightly_merchants
from sevensteps.cases.fraud.features.windows import Coded, Facts, code
from sevensteps.cases.fraud.world import History
from sevensteps.serve.bundle import ServiceError
from sevensteps.world.storage import new_folder

Entry = tuple[str, bytes]
INFO = b"info"  # the key of what a store says of itself
LAYOUT = 2  # of its records; a store of another layout is not read
MAP_SIZE = 8 << 30  # bytes of address space; the file grows only as it is used
REBUILD = "Fill a new one with sevensteps.cases.fraud.service.build_store"


@dataclass(frozen=True)
class Stream:
    """Events of one kind of key: what is kept of each, how long and how many.

    The second and the id of the payment lead each record.
    """

    prefix: str
    more: str  # of what follows them, as `struct` names types
    keep_s: int
    limit: int  # events; a hostile key cannot make its own reads slow

    @cached_property
    def record(self) -> struct.Struct:
        """One event, as it is appended."""
        return struct.Struct(f"<iq{self.more}")

    @cached_property
    def layout(self) -> np.dtype[Any]:
        """The same, as many are written and read."""
        return np.dtype(",".join(f"<{kind}" for kind in f"iq{self.more}"))

    def key(self, number: int) -> str:
        """Where the events of a card, device or merchant live."""
        return f"{self.prefix}:{number}"

    def columns(self, value: bytes | None, but: int) -> list[list[Any]]:
        """The events of a key, in order of time, each once and without payment `but`.

        An event may have been stored twice (it was sent again); a retried payment may
        find itself. Neither counts.
        """
        found = np.frombuffer(value or b"", self.layout)
        columns = [found[name].tolist() for name in self.layout.names or ()]
        times, ids = columns[:2]
        if but not in ids and len({*ids}) == len(ids) and times == sorted(times):
            return columns
        at = {number: place for place, number in enumerate(ids)}
        at.pop(but, None)
        order = sorted(at.values(), key=times.__getitem__)
        return [[column[place] for place in order] for column in columns]

    def entries(self, numbers: NDArray[Any], *columns: NDArray[Any]) -> Iterator[Entry]:
        """One entry per key: its latest events, in order of time."""
        order = np.argsort(numbers, kind="stable")
        packed = np.empty(len(numbers), self.layout)
        for name, column in zip(self.layout.names or (), columns, strict=True):
            packed[name] = column[order]
        keys, starts = np.unique(numbers[order], return_index=True)
        edges = [*starts.tolist(), len(numbers)]
        for number, start, stop in zip(keys.tolist(), edges, edges[1:], strict=False):
            first = max(start, stop - self.limit)
            yield self.key(number), packed[first:stop].tobytes()


CARD = Stream("c", "iii?", single.MONTH, 1_024)  # cents, merchant, device, abroad
DEVICE = Stream("d", "i", single.WEEK, 1_024)  # card
SMALL = Stream("s", "", single.HOUR, 4_096)


@dataclass(frozen=True, slots=True)
class Event:
    """One payment, as it is appended to a key of a stream."""

    stream: Stream
    number: int
    row: tuple[int, ...]

    def appended(self, old: bytes | None) -> bytes:
        """The value of its key after it: stale leading events and excess dropped."""
        size, kept = self.stream.record.size, old or b""
        oldest, start = self.row[0] - self.stream.keep_s, 0
        while start < len(kept) and _second(kept, start) < oldest:
            start += size
        start = max(start, len(kept) - (self.stream.limit - 1) * size)
        return kept[start:] + self.stream.record.pack(*self.row)


def _second(value: bytes, start: int) -> int:
    return int.from_bytes(value[start : start + 4], "little", signed=True)


def entries_of(history: History) -> Iterator[Entry]:
    """All entries of a store as of the midnight that ends a history, sorted by time."""
    facts, end = Facts.of(history), history.days * single.DAY
    times = history.payments["paid_at"].to_numpy()
    first, last = np.searchsorted(times, [end - single.MONTH, end])
    recent = history.payments.slice(int(first), int(last - first))
    yield from _events(code(recent, facts), recent["payment_id"].to_numpy(), end)
    yield from _holders(history)
    shops = history.merchants.select(["x", "y", "opened_at"]).to_pydict().values()
    categories = [None if c != c else int(c) for c in facts.shops["category"].tolist()]
    for number, row in enumerate(zip(categories, *shops, strict=True)):
        yield f"m:{number}", json.dumps(row).encode()
    yield from nightly_entries(history, history.days)


def nightly_entries(history: History, day: int) -> Iterator[Entry]:
    """The entries of the nightly job: merchants as of the midnight beginning `day`."""
    columns = nightly_merchants(history, day).to_pydict().values()
    for merchant, *values in zip(*columns, strict=True):
        yield f"n:{merchant}", json.dumps(values).encode()


def _events(c: Coded, ids: NDArray[np.int64], end: int) -> Iterator[Entry]:
    """The three streams of some payments."""
    yield from CARD.entries(
        c.card, c.paid_at, ids, c.cents, c.merchant, c.device, c.foreign == 1
    )
    seen = (c.device != single.NO_DEVICE) & (c.paid_at >= end - DEVICE.keep_s)
    yield from DEVICE.entries(c.device[seen], c.paid_at[seen], ids[seen], c.card[seen])
    small = (c.cents < single.SMALL_CENTS) & (c.paid_at >= end - SMALL.keep_s)
    yield from SMALL.entries(c.merchant[small], c.paid_at[small], ids[small])


def _holders(history: History) -> Iterator[Entry]:
    names = ["country", "home_x", "home_y", "opened_at", "declared_income"]
    people = history.cardholders.select(names).to_pydict().values()
    packed = [json.dumps(row).encode() for row in zip(*people, strict=True)]
    cards = history.cards.select(["card_id", "cardholder_id"]).to_pydict().values()
    for card, holder in zip(*cards, strict=True):
        yield f"h:{card}", packed[holder]


class StoreError(ServiceError):
    """An online store that is missing, damaged, full or of another layout."""


class OnlineStore:
    """The store in a folder that `build_store` has written.

    `version` is that of the build; the content dates from second `as_of`, a midnight.
    What goes wrong, here and in each method, is a `StoreError` that says what to do.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            self._env = _open(Path(folder), create=False)
            told = json.loads(self.fetch([INFO.decode()])[0] or b"{}")
        except lmdb.Error as error:
            raise StoreError(
                f"no online store at {folder} ({error}). {REBUILD}"
            ) from error
        if told.get("layout") != LAYOUT:
            raise StoreError(
                f"the store at {folder} has layout {told.get('layout')}, this is "
                f"{LAYOUT}. {REBUILD}"
            )
        self.version, self.as_of = told["version"], told["as_of"]

    def fetch(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of all keys, of one moment; None where there is none."""
        with _told("read"), self._env.begin() as reading:
            return [reading.get(key.encode()) for key in keys]

    def append(self, events: Iterable[Event]) -> None:
        """Add events to their keys, all in one transaction."""
        with _told("append"), self._env.begin(write=True) as writing:
            for event in events:
                key = event.stream.key(event.number).encode()
                writing.put(key, event.appended(writing.get(key)))

    def refresh(self, history: History) -> None:
        """The nightly job: merchants' volume, mean and risk as the history now ends."""
        with _told("replace"), self._env.begin(write=True) as writing:
            for key, value in nightly_entries(history, history.days):
                writing.put(key.encode(), value)

    def close(self) -> None:
        """Force everything to the disk and unmap the file."""
        with _told("close"):
            self._env.sync(True)
        self._env.close()


def build_store(history: History, folder: str | Path) -> None:
    """Fill a new online store, in a new folder, with a history's last 30 days.

    Raises
    ------
    FileExistsError           if the folder is there
    StorageError              if the disk refuses; nothing is left behind
    """
    version, as_of = secrets.token_hex(6), history.days * single.DAY
    told = {"layout": LAYOUT, "version": version, "as_of": as_of}
    entries = ((key.encode(), value) for key, value in entries_of(history))
    with new_folder(Path(folder)) as made, _open(made, create=True) as env:
        try:
            with env.begin(write=True) as writing:
                writing.cursor().putmulti(entries)
                writing.put(INFO, json.dumps(told).encode())
            env.sync(True)
        except lmdb.Error as error:
            # A write that ends half-way at a full disk is an input/output error.
            raise OSError(errno.ENOSPC, str(error)) from error


def _open(folder: Path, *, create: bool) -> Any:
    """LMDB without an fsync per commit: a killed process loses nothing, a power cut
    loses the last seconds, and the warehouse has those."""
    return lmdb.open(
        str(folder), map_size=MAP_SIZE, create=create, sync=False, metasync=False
    )


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except lmdb.Error as error:
        raise StoreError(
            f"LMDB could not {what} ({error}); is its disk full?"
        ) from error
