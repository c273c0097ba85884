"""A minimal HTTP/1.1 client: the load generator must cost less than the service."""

import asyncio
import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `status` 0 is a broken connection."""

    status: int
    stages: dict[str, float]  # milliseconds, from Server-Timing
    body: bytes


BROKEN = Reply(0, {}, b"")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
TIMING = re.compile(rb"\r\nserver-timing: *([^\r]*)", re.IGNORECASE)
#: A connection idle for longer is not used again. Services hang up (ours after 75 s),
#: and what is sent at that very moment is lost without anybody's fault.
IDLE_S = 30.0


class _Connection(asyncio.Protocol):
    """One request at a time; cheaper than asyncio's streams by more than half."""

    def __init__(self) -> None:
        self.since = 0.0
        self.open = False
        self._waiter: asyncio.Future[bytes] | None = None
        self._got, self._need = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.open = transport, True

    def send(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request; the future is its whole response."""
        self._waiter = asyncio.get_running_loop().create_future()
        self._got, self._need = b"", 0
        self.transport.write(request)
        return self._waiter

    def data_received(self, data: bytes) -> None:
        self._got = self._got + data if self._got else data
        if not self._need:
            end = self._got.find(b"\r\n\r\n")
            if end < 0:
                return
            length = LENGTH.search(self._got, 0, end + 2)
            self._need = end + 4 + (int(length[1]) if length else 0)
        if len(self._got) >= self._need and self._waiter and not self._waiter.done():
            self._waiter.set_result(self._got)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionError("the service hung up"))


class Client:
    """Keep-alive connections to one address, as many as are needed at once.

    `url` is `http://host:port`; after `timeout_s` an answer counts as lost.
    """

    def __init__(self, url: str, api_key: str, timeout_s: float, path: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or not parts.port:
            raise ValueError(f"url must look like http://127.0.0.1:8077; got {url!r}")
        self._address = parts.hostname, parts.port
        self._timeout_s = timeout_s
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"X-API-Key: {api_key}\r\nContent-Type: application/json\r\n"
            "Content-Length: "
        ).encode()
        self._idle: list[_Connection] = []

    async def post(self, body: bytes) -> Reply:
        """Send a body; never raises, a lost answer has status 0."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(body)
        except (OSError, ValueError, TimeoutError):
            return BROKEN

    def close(self) -> None:
        """Close all connections."""
        for connection in self._idle:
            connection.transport.close()
        self._idle.clear()

    async def _post(self, body: bytes) -> Reply:
        connection = await self._connection()
        try:
            sent = self._head + b"%d\r\n\r\n" % len(body) + body
            head, _, content = (await connection.send(sent)).partition(b"\r\n\r\n")
            reply = _parsed(head, content)
        except BaseException:
            connection.transport.close()
            raise
        connection.since = time.perf_counter()
        self._idle.append(connection)
        return reply

    async def _connection(self) -> _Connection:
        """One that was used lately and is still open; else a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.open and time.perf_counter() - connection.since < IDLE_S:
                return connection
            connection.transport.close()
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Connection, *self._address))[1]


def _parsed(head: bytes, content: bytes) -> Reply:
    timing = TIMING.search(head)
    stages = _stages(timing[1].decode()) if timing else {}
    return Reply(int(head.split(maxsplit=2)[1]), stages, content)


def _stages(header: str) -> dict[str, float]:
    """Milliseconds by stage.

    >>> _stages("fetch;dur=0.1, score;dur=2")
    {'fetch': 0.1, 'score': 2.0}
    """
    parts = (part.strip().partition(";dur=") for part in header.split(",") if part)
    return {name: float(ms) for name, _, ms in parts}
