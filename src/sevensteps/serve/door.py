"""The way in: who is too slow is hung up on, who comes too many is turned away at once.

uvicorn has no time limit for a request that does not end, and starts a task for each
one that does. Both are done here, before its body is looked at.
"""

from __future__ import annotations

import asyncio
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from .app import App

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
        if self._is_flooded(data):
            self.transport.write(response(*self.service_app.turned_away()))
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
        self.scope["received"] = self._received  # type: ignore[typeddict-unknown-key]

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

    def _is_flooded(self, data: bytes) -> bool:
        """Whether this is one whole request of many too many."""
        busy = self.cycle is not None and not self.cycle.response_complete
        if self._coming or busy or not data.startswith(self._first):
            return False
        if not self.service_app.desk.is_full(self._received):
            return False
        head, found, body = data.partition(b"\r\n\r\n")
        length = LENGTH.search(head + b"\r\n")
        return bool(found) and length is not None and len(body) == int(length[1])


def response(status: int, body: bytes, headers: dict[bytes, bytes]) -> bytes:
    """A whole response as it goes over the wire."""
    told = {b"content-type": b"application/json", **headers}
    told[b"content-length"] = str(len(body)).encode()
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
    lines += [b"%s: %s" % pair for pair in told.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
