"""The online store: what the service knows of a card, a device and a merchant now.

Three of them behave alike: LMDB in a folder (the default: no server, a read costs
microseconds), Redis for a fleet of services, and memory for tests. Each is filled
from the warehouse as a new *version*, which readers see only once it is complete.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from sevensteps.cases.fraud.world import History

from .entries import Content, Entry, content, nightly_entries
from .errors import NoStore, StoreError
from .records import Event, appended

CHUNK = 5_000  # entries in one transaction or round trip
LAYOUT = 1  # of records.py; a store of another layout is not read
REBUILD = "Fill it with sevensteps.cases.fraud.service.build_store(history, target)"


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """Which version of a store this is, and from when its content dates."""

    version: str
    as_of: int
    countries: tuple[str, ...]
    n_entries: int
    layout: int = LAYOUT

    def to_json(self) -> bytes:
        """As it is stored, beside the entries."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes | None, where: str) -> Self:
        """Read it back.

        Raises
        ------
        NoStore
            if there is none
        StoreError
            if it is damaged or of another layout
        """
        if data is None:
            raise NoStore(f"no online store at {where}. {REBUILD}")
        try:
            fields = json.loads(data)
            info = cls(**fields | {"countries": tuple(fields["countries"])})
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"the store at {where} is damaged. {REBUILD}") from error
        if info.layout != LAYOUT:
            raise StoreError(
                f"the store at {where} has layout {info.layout}, this is {LAYOUT}. "
                + REBUILD
            )
        return info


@runtime_checkable
class OnlineStore(Protocol):
    """What the service asks of a store. Every method may raise `StoreError`."""

    info: StoreInfo

    def fetch(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of all keys in one round trip; None where there is none."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events to their keys, each atomically; see `records.appended`."""

    def replace(self, entries: Iterable[Entry]) -> None:
        """Overwrite entries of the version in use (the nightly job)."""

    def close(self) -> None:
        """Release files and connections."""


class MemoryStore:
    """A store in this process: for tests, and as the floor of what a read costs."""

    def __init__(self, history: History) -> None:
        made = content(history)
        self._values = {key: value for _, part in made.parts for key, value in part}
        self.info = new_info(made, len(self._values))

    def fetch(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `OnlineStore`."""
        return [self._values.get(key) for key in keys]

    def append(self, events: Sequence[Event]) -> None:
        """See `OnlineStore`."""
        for event in events:
            self._values[event.key] = appended(self._values.get(event.key), event)

    def replace(self, entries: Iterable[Entry]) -> None:
        """See `OnlineStore`."""
        self._values.update(entries)

    def close(self) -> None:
        """Nothing to release."""


def build_store(
    history: History, target: str | Path, *, progress: bool = False
) -> StoreInfo:
    """Fill an online store with a history's last 30 days, as a new version.

    Parameters
    ----------
    history : the warehouse up to a midnight
    target : a folder (LMDB), or `redis://host:port/db`, or `unix:///path/to.sock`
    progress : show a bar on standard error

    Returns
    -------
    StoreInfo                 of the new version; the old one is gone

    Raises
    ------
    StoreError, StorageError
        if the target cannot be reached or is full; the old version is intact
    """
    made = content(history)
    info = new_info(made, 0)
    chunks = _chunks(made, progress)
    if is_redis(target):
        from .redis_store import build

        return build(str(target), info, chunks)
    from .lmdb_store import build as build_lmdb

    return build_lmdb(Path(target), info, chunks)


def open_store(target: str | Path, *, timeout_s: float = 0.04) -> OnlineStore:
    """Open the version of a store that is in force.

    Parameters
    ----------
    target : as in `build_store`
    timeout_s : the longest wait for a networked store's answer

    Raises
    ------
    NoStore
        if there is none
    StoreError
        if it cannot be reached or read
    """
    if is_redis(target):
        from .redis_store import RedisStore

        return RedisStore(str(target), timeout_s=timeout_s)
    from .lmdb_store import LmdbStore

    return LmdbStore(Path(target))


def refresh_merchants(store: OnlineStore, history: History) -> None:
    """The nightly job: merchants' volume, mean and risk as the history now ends."""
    store.replace(nightly_entries(history, history.days))


def is_redis(target: str | Path) -> bool:
    """Whether a target names a Redis server rather than a folder.

    Raises
    ------
    StoreError
        if it is an address of another kind
    """
    scheme, found, _ = str(target).partition("://")
    if found and scheme not in ("redis", "rediss", "unix"):
        raise StoreError(
            f"no store speaks {scheme}://. Give a folder, redis://host:port, "
            "rediss://host:port or unix:///path/to.sock"
        )
    return bool(found)


def new_info(made: Content, n_entries: int) -> StoreInfo:
    """The description of a version that is about to be written."""
    return StoreInfo(secrets.token_hex(6), made.as_of, made.countries, n_entries)


def chunked(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries in lists of up to `CHUNK`."""
    chunk: list[Entry] = []
    for entry in entries:
        chunk.append(entry)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _chunks(made: Content, progress: bool) -> Iterator[list[Entry]]:
    bar: Any = None
    if progress:
        from rich.console import Console
        from rich.progress import track

        bar = track(made.parts, "filling the store", console=Console(stderr=True))
    for _, part in bar or made.parts:
        yield from chunked(part)
