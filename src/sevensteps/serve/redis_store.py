"""The networked online store: Redis, shared by a fleet of services.

A version's keys carry its name as a prefix; the key `sevensteps:store` names the
version in force and is set last. Appends run as one script inside Redis, so that two
services never overwrite each other's events.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .entries import Entry
from .errors import StoreError
from .records import Event
from .store import StoreInfo, chunked

CURRENT = "sevensteps:store"
BUILD_TIMEOUT_S = 30.0

# KEYS: where to; ARGV: for each key the record, its layout's size, the oldest second
# to keep and the number of events to keep. `paid_at` leads each record.
APPEND = """
for i, key in ipairs(KEYS) do
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
            self.info = StoreInfo.from_json(first.get(CURRENT), url)
            first.close()
        self._url = url
        self._prefix = f"sevensteps:{self.info.version}:"
        self._client = _connect(url, timeout_s)
        self._append = self._client.register_script(APPEND)

    def fetch(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `OnlineStore`."""
        with _told(self._url):
            found = self._client.mget([self._prefix + key for key in keys])
            return list(found)

    def append(self, events: Sequence[Event]) -> None:
        """See `OnlineStore`; all events in one script."""
        arguments: list[Any] = []
        for event in events:
            stream = event.stream
            oldest = event.paid_at - stream.keep_s
            arguments += [event.record, stream.layout.itemsize, oldest, stream.limit]
        with _told(self._url):
            self._append(keys=[self._prefix + e.key for e in events], args=arguments)

    def replace(self, entries: Iterable[Entry]) -> None:
        """See `OnlineStore`."""
        with _told(self._url):
            for chunk in chunked(entries):
                self._client.mset({self._prefix + k: v for k, v in chunk})

    def close(self) -> None:
        """Release the connections."""
        self._client.close()


def build(url: str, info: StoreInfo, chunks: Iterable[list[Entry]]) -> StoreInfo:
    """Write a new version, put it in force and remove all others.

    Raises
    ------
    StoreError
        if the server cannot be reached or refuses; the old version stays in force
    """
    prefix = f"sevensteps:{info.version}:"
    with _told(url):
        client = _connect(url, BUILD_TIMEOUT_S)
        n_entries = 0
        for chunk in chunks:
            client.mset({prefix + key: value for key, value in chunk})
            n_entries += len(chunk)
        done = replace(info, n_entries=n_entries)
        client.set(CURRENT, done.to_json())
        _remove_others(client, prefix)
        client.close()
    return done


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
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        retry_on_timeout=False,
        max_connections=64,
    )


@contextlib.contextmanager
def _told(url: str) -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise StoreError(
            f"Redis at {url} failed ({type(error).__name__}: {error}). Is redis-server "
            "running there, with memory to spare?"
        ) from error
