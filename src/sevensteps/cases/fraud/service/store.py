"""The online store: what the service knows of a card, a device and a merchant now.

It is LMDB, a memory-mapped tree in one folder: no server, and a read costs
microseconds. It is filled from the warehouse, under another name until it is complete.
LMDB itself is copy-on-write: a process killed in the middle of an append leaves the
tree as it was before.
"""

import contextlib
import errno
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import lmdb

from sevensteps.cases.fraud.features.names import DAY
from sevensteps.cases.fraud.world import History
from sevensteps.serve.bundle import ServiceError
from sevensteps.world.storage import new_folder

from .records import Event, entries_of, nightly_entries

INFO = b"info"  # the key of what a store says of itself
LAYOUT = 2  # of records.py; a store of another layout is not read
MAP_SIZE = 8 << 30  # bytes of address space; the file grows only as it is used
REBUILD = "Fill a new one with sevensteps.cases.fraud.service.build_store"


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
    version, as_of = secrets.token_hex(6), history.days * DAY
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
