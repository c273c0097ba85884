"""The networked online store: Redis, shared by a fleet of services.

A version's keys carry its name as a prefix; the key `sevensteps:store` names the
version in force and is set last. Appends run as one script inside Redis, so that two
services never overwrite each other's events. A version's own key `whole` is asked for
with every call: without it, a Redis that restarted empty would look like one in which
no card was ever issued.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .entries import Entry
from .errors import NoStore, StoreError
from .records import Event
from .store import REBUILD, StoreInfo, chunked

CURRENT = "sevensteps:store"
BUILD_TIMEOUT_S = 30.0

# KEYS: the version's mark, then where to; ARGV: for each of the latter the record, its
# layout's size, the oldest second to keep and the number of events to keep. `paid_at`
# leads each record.
APPEND = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i = 1, #KEYS - 1 do
  local key = KEYS[i + 1]
  local record, size = ARGV[4 * i - 3], tonumber(ARGV[4 * i - 2])
  local oldest, limit = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
  local old = redis.call('GET', key) or ''
  local start = 1
  while start < #old and struct.unpack('<i4', old, start) < oldest do
    start = start + size
  end
  start = math.max(start, #old - (limit - 1) * size + 1)
  redis.call('SET', key, string.sub(old, start) .. record)
end
return 1
"""


class RedisStore:
    """The version in force on a Redis server.

    Parameters
    ----------
    url : `redis://host:port/db` or `unix:///path/to.sock`
    timeout_s : the longest wait for an answer

    Raises
    ------
    StoreError
        if the server cannot be reached or holds no complete store
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        with _told(url):
            first = _connect(url, BUILD_TIMEOUT_S)
            self.info = _in_force(first, url)
            first.close()
        self._url = url
        self._client = _connect(url, timeout_s)
        self._append = self._client.register_script(APPEND)

    def fetch(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `OnlineStore`."""
        with _told(self._url):
            whole, *found = self._client.mget(self._names(["whole", *keys]))
        if not whole:
            raise self._gone()
        return found

    def append(self, events: Sequence[Event]) -> None:
        """See `OnlineStore`; all events in one script."""
        arguments: list[Any] = []
        for event in events:
            stream = event.stream
            oldest = event.paid_at - stream.keep_s
            arguments += [event.record, stream.layout.itemsize, oldest, stream.limit]
        with _told(self._url):
            names = self._names(["whole", *(event.key for event in events)])
            whole = self._append(keys=names, args=arguments)
        if not whole:
            raise self._gone()

    def replace(self, entries: Iterable[Entry]) -> None:
        """See `OnlineStore`."""
        with _told(self._url):
            for chunk in chunked(entries):
                names = self._names(key for key, _ in chunk)
                values = (value for _, value in chunk)
                self._client.mset(dict(zip(names, values, strict=True)))

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def _names(self, keys: Iterable[str]) -> list[str]:
        """What Redis calls these keys of the version in use."""
        prefix = _prefix(self.info)
        return [prefix + key for key in keys]

    def _gone(self) -> StoreError:
        """Turn to the version that is now in force; the error of the call in hand."""
        with _told(self._url):
            self.info = _in_force(self._client, self._url)
        return StoreError(f"the store at {_shown(self._url)} was replaced: ask again")


def build(url: str, info: StoreInfo, chunks: Iterable[list[Entry]]) -> StoreInfo:
    """Write a new version, put it in force and remove all others.

    Raises
    ------
    StoreError
        if the server cannot be reached or refuses; the old version stays in force
    """
    prefix = _prefix(info)
    with _told(url):
        client = _connect(url, BUILD_TIMEOUT_S)
        n_entries = 0
        for chunk in chunks:
            client.mset({prefix + key: value for key, value in chunk})
            n_entries += len(chunk)
        done = replace(info, n_entries=n_entries)
        client.mset({prefix + "whole": b"1", CURRENT: done.to_json()})
        _remove_others(client, prefix)
        client.close()
    return done


def _prefix(info: StoreInfo) -> str:
    return f"sevensteps:{info.version}:"


def _in_force(client: Any, url: str) -> StoreInfo:
    """The version in force, if its entries are there too."""
    info = StoreInfo.from_json(client.get(CURRENT), _shown(url))
    if not client.exists(_prefix(info) + "whole"):
        raise NoStore(f"the store at {_shown(url)} has lost its entries. {REBUILD}")
    return info


def _remove_others(client: Any, prefix: str) -> None:
    """Free the memory of older versions and of builds that were killed."""
    old: list[bytes] = []
    for key in client.scan_iter(match="sevensteps:*:*", count=5_000):
        if not key.startswith(prefix.encode()):
            old.append(key)
        if len(old) == 5_000:
            client.unlink(*old)
            old.clear()
    if old:
        client.unlink(*old)


def _connect(url: str, timeout_s: float) -> Any:
    """A client that gives up after `timeout_s`: by default it tries again and again,
    which no deadline survives."""
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            retry_on_timeout=False,
            max_connections=64,
        )
    except ValueError as error:
        raise StoreError(
            f"{_shown(url)} is no address of Redis ({error}). Write redis://host:port"
        ) from error


def _shown(url: str) -> str:
    """The address without its password.

    >>> _shown("redis://me:secret@localhost:6379/0")
    'redis://…@localhost:6379/0'
    """
    return re.sub("//[^/]*@", "//…@", url)


@contextlib.contextmanager
def _told(url: str) -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise StoreError(
            f"Redis at {_shown(url)} failed ({type(error).__name__}: {error}). Is "
            "redis-server running there, with memory to spare?"
        ) from error
