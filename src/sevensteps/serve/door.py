"""The way in: who is too slow is hung up on, who comes too many is turned away at once.

uvicorn has no time limit for a request that does not end, and one that does costs it as
much as a short decision. So a request that comes in one piece, as nearly all do, is
admitted before anything of it is looked at, and answered from here; all others go
uvicorn's own way.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .requests import MAX_BODY, Headers, Response

if TYPE_CHECKING:
    from .app import App
    from .service import Seat

SLOW_S = 2.0  # that a whole request may take to come in
LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,7})\r\n", re.IGNORECASE)
HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~\t]*)")
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n"


class Door(HttpToolsProtocol):
    """A connection to a service; uvicorn's own, with a clock and a short way."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.service_app: App = self.config.app  # type: ignore[assignment]
        self._first = b"POST %s HTTP/1.1\r\n" % self.service_app.service.path.encode()
        self._received = 0.0
        self._coming = False  # a request has begun and not ended
        self._answering = False  # one that came the short way
        self._later = b""  # what came meanwhile
        self._stops = False
        self._hang_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Also hang up on a caller who says nothing."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Turn away in a flood; else answer, and see to it that a request ends."""
        if self._answering:
            self._later += data
            return
        self._received = time.perf_counter()
        if self._is_whole(data):
            desk = self.service_app.desk
            if (seat := desk.enter(self._received)) is None:
                self.transport.write(self.service_app.turned_away())
                return
            if (headers := _headers(data, len(self._first))) is not None:
                self._answering = True
                body = data[data.find(b"\r\n\r\n") + 4 :]
                task = self.loop.create_task(self._answer(headers, body, seat))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
                return
            seat.leave()
        super().data_received(data)
        if self._coming and self._hang_up is None:
            self._hang_up = self.loop.call_later(SLOW_S, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clock."""
        self._in_time()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A request begins: its deadline counts from here."""
        super().on_message_begin()
        self._coming = True
        self.scope["received"] = self._received  # type: ignore[typeddict-unknown-key]

    def on_message_complete(self) -> None:
        """It is there as a whole."""
        self._in_time()
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Hang up, unless something came since the clock was set."""
        idle = time.perf_counter() - self._received > self.timeout_keep_alive - 1
        if idle and not self._answering:
            super().timeout_keep_alive_handler()
        else:
            self._wait()

    def shutdown(self) -> None:
        """Hang up once nothing is to be answered any more."""
        self._stops = True
        if not self._answering:
            super().shutdown()

    async def _answer(self, headers: Headers, body: bytes, seat: Seat) -> None:
        async def read() -> bytes:
            return body

        try:
            answer = self.service_app.answer
            response = await answer(headers, read, self._received, seat)
        except Exception:
            self.logger.exception("a request broke the service")
            response = Response.of({"error": "internal"}, 500)
        self._answering = False
        if self.transport.is_closing():
            return
        self.transport.write(response.wire())
        if self._stops:
            self.transport.close()
        elif self._later:
            data, self._later = self._later, b""
            self.data_received(data)

    def _wait(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _in_time(self) -> None:
        self._coming = False
        if self._hang_up is not None:
            self._hang_up.cancel()
            self._hang_up = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(TOO_SLOW)
            self.transport.close()

    def _is_whole(self, data: bytes) -> bool:
        """Whether this is one request to the service, all of it."""
        busy = self.cycle is not None and not self.cycle.response_complete
        if self._coming or busy or not data.startswith(self._first):
            return False
        end = data.find(b"\r\n\r\n")
        length = LENGTH.search(data, 0, end + 2)
        if length is None or int(length[1]) > MAX_BODY:
            return False
        return len(data) == end + 4 + int(length[1])


def _headers(data: bytes, start: int) -> Headers | None:
    """Of a request; None if they ask for more than a short answer."""
    lines = data[start : data.find(b"\r\n\r\n")].split(b"\r\n")
    found = [HEADER.fullmatch(line) for line in lines]
    told = {match[1].lower(): match[2] for match in found if match}
    if len(told) < len(lines) or told.keys() & {b"transfer-encoding", b"expect"}:
        return None
    stays = told.get(b"connection", b"keep-alive").lower() == b"keep-alive"
    return told if stays else None
