"""A minimal HTTP/1.1 client: the load generator must cost less than the service."""

import asyncio
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
#: A connection idle for longer is not used again. Services hang up (ours after 75 s),
#: and what is sent at that very moment is lost without anybody's fault.
IDLE_S = 30.0
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Client:
    """Keep-alive connections to one address, as many as are needed at once.

    Parameters
    ----------
    url : `http://host:port`
    api_key : sent as `X-API-Key`
    timeout_s : after which an answer counts as lost
    path : where to post
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
        self._idle: list[tuple[Connection, float]] = []  # and since when

    async def post(self, body: bytes) -> Reply:
        """Send a body; never raises, a lost answer has status 0."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(body)
        except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError):
            return BROKEN

    def close(self) -> None:
        """Close all connections."""
        for (_, writer), _ in self._idle:
            writer.close()
        self._idle.clear()

    async def _post(self, body: bytes) -> Reply:
        reader, writer = await self._connection()
        try:
            writer.write(self._head + b"%d\r\n\r\n" % len(body) + body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, headers = _parsed(head)
            content = await reader.readexactly(int(headers["content-length"]))
        except BaseException:
            writer.close()
            raise
        self._idle.append(((reader, writer), time.perf_counter()))
        return Reply(status, _stages(headers.get("server-timing", "")), content)

    async def _connection(self) -> Connection:
        """One that was used lately and is still open; else a new one."""
        while self._idle:
            (reader, writer), since = self._idle.pop()
            closed = reader.at_eof() or writer.is_closing()
            if not closed and time.perf_counter() - since < IDLE_S:
                return reader, writer
            writer.close()
        return await asyncio.open_connection(*self._address)


def _parsed(head: str) -> tuple[int, dict[str, str]]:
    first, *lines = head.strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {k.lower(): v.strip() for k, _, v in pairs}


def _stages(header: str) -> dict[str, float]:
    """Milliseconds by stage.

    >>> _stages("fetch;dur=0.1, score;dur=2")
    {'fetch': 0.1, 'score': 2.0}
    """
    parts = (part.strip().partition(";dur=") for part in header.split(",") if part)
    return {name: float(ms) for name, _, ms in parts}
