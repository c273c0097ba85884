"""The embedded online store: LMDB, a memory-mapped tree in one folder.

`store.json` names the version in force; it is replaced last, in one rename. Within a
version LMDB itself is copy-on-write: a process killed in the middle of an append
leaves the tree as it was before.
"""

import contextlib
import errno
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import lmdb

from sevensteps.world import StorageError
from sevensteps.world.storage import new_folder, sweep, write_file

from .entries import Entry
from .errors import StoreError
from .records import Event, appended
from .store import REBUILD, StoreInfo

STORE = "store.json"
MAP_SIZE = 8 << 30  # bytes of address space; the file grows only as it is used


class LmdbStore:
    """The version of a folder's store that is in force.

    Parameters
    ----------
    folder : written by `build_store`

    Raises
    ------
    StoreError
        if the folder holds no complete store
    """

    def __init__(self, folder: Path) -> None:
        path = folder / STORE
        data = path.read_bytes() if path.is_file() else None
        self.info = StoreInfo.from_json(data, str(folder))
        try:
            self._env = _open(folder / self.info.version, create=False)
        except lmdb.Error as error:
            raise StoreError(
                f"{folder / self.info.version} cannot be opened ({error}). {REBUILD}"
            ) from error

    def fetch(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `OnlineStore`; one consistent snapshot."""
        with _told("read"), self._env.begin() as reading:
            return [reading.get(key.encode()) for key in keys]

    def append(self, events: Sequence[Event]) -> None:
        """See `OnlineStore`; all events in one transaction."""
        with _told("append"), self._env.begin(write=True) as writing:
            for event in events:
                key = event.key.encode()
                writing.put(key, appended(writing.get(key), event))

    def replace(self, entries: Iterable[Entry]) -> None:
        """See `OnlineStore`; all entries in one transaction."""
        with _told("replace"), self._env.begin(write=True) as writing:
            for key, value in entries:
                writing.put(key.encode(), value)

    def close(self) -> None:
        """Force everything to the disk and unmap the file."""
        with _told("close"):
            self._env.sync(True)
        self._env.close()


def build(folder: Path, info: StoreInfo, chunks: Iterable[list[Entry]]) -> StoreInfo:
    """Write a new version, put it in force and remove the others.

    Raises
    ------
    StorageError
        if the disk refuses; the old version stays in force
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    with new_folder(folder / info.version) as temporary:
        n_entries = _fill(temporary, chunks)
    done = replace(info, n_entries=n_entries)
    try:
        write_file(folder / STORE, done.to_json())
    except StorageError:
        shutil.rmtree(folder / info.version, ignore_errors=True)
        raise
    for old in folder.iterdir():
        if old.is_dir() and old.name != info.version and (old / "data.mdb").exists():
            shutil.rmtree(old, ignore_errors=True)
    return done


def _fill(folder: Path, chunks: Iterable[list[Entry]]) -> int:
    n_entries = 0
    env = _open(folder, create=True)
    try:
        for chunk in chunks:
            with env.begin(write=True) as writing:
                items = [(key.encode(), value) for key, value in chunk]
                writing.cursor().putmulti(items)
            n_entries += len(chunk)
        env.sync(True)
    except lmdb.Error as error:
        # A write that ends half-way at a full disk is told as an input/output error.
        raise OSError(errno.ENOSPC, str(error)) from error
    finally:
        env.close()
    return n_entries


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
