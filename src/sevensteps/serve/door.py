"""The way in: who is too slow is hung up on, who comes too many is turned away at once.

uvicorn has no time limit for a request that does not end, and starts a task for each
one that does. Both are done here, before its body is looked at.
"""

from __future__ import annotations

import asyncio
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)

if TYPE_CHECKING:
    from .app import App
    from .service import Seat

SLOW_S = 2.0  # that a whole request may take to come in
LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,7})\r\n", re.IGNORECASE)
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n"


class Door(HttpToolsProtocol):
    """A connection to a service; uvicorn's own, with a clock and a bound."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.service_app: App = self.config.app  # type: ignore[assignment]
        self._first = b"POST %s " % self.service_app.service.path.encode()
        self._received = 0.0
        self._seat: Seat | None = None
        self._coming = False  # a request has begun and not ended
        self._hang_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Also hang up on a caller who says nothing."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def data_received(self, data: bytes) -> None:
        """Turn away in a flood; else parse, and see to it that the request ends."""
        self._received = time.perf_counter()
        self._seat = None
        if self._is_whole(data):
            self._seat = self.service_app.desk.enter(self._received)
            if self._seat is None:
                self.transport.write(self.service_app.turned_away_raw)
                return
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
        self.scope |= {"received": self._received, "seat": self._seat}  # type: ignore

    def on_headers_complete(self) -> None:
        """Offer to send a whole response in one system call."""
        super().on_headers_complete()
        if self.cycle.keep_alive:
            self.scope["respond"] = partial(_respond, self.cycle)  # type: ignore

    def on_message_complete(self) -> None:
        """It is there as a whole."""
        self._in_time()
        super().on_message_complete()

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
        return length is not None and len(data) == end + 4 + int(length[1])


def _respond(cycle: RequestResponseCycle, response: bytes) -> None:
    """Send all of a response, and let uvicorn know."""
    if cycle.disconnected:
        return
    cycle.response_started = cycle.response_complete = True
    cycle.message_event.set()
    cycle.transport.write(response)
    cycle.on_response()
