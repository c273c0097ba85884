"""An event loop that takes in little at a time.

asyncio's own handles all sockets that have something to say before anything else. In a
flood that is hundreds, and an answer that is ready waits for all of them. Here a few
are handled in a turn; the others wait in the kernel, where they cost nothing.
"""

from __future__ import annotations

import asyncio
import select
import selectors
from typing import Any

FEW = 24  # sockets that are handled in one turn of the loop


def event_loop() -> asyncio.AbstractEventLoop:
    """A loop for a service; where there is no epoll, asyncio's own."""
    if not hasattr(select, "epoll"):
        return asyncio.new_event_loop()
    return asyncio.SelectorEventLoop(_few_at_a_time())


def _few_at_a_time() -> selectors.BaseSelector:
    class FewAtATime(selectors.EpollSelector):
        """An epoll that tells of a few events, the longest ready first."""

        def select(
            self, timeout: float | None = None
        ) -> list[tuple[selectors.SelectorKey, Any]]:
            wait = -1 if timeout is None else max(0.0, timeout)
            try:
                found = self._selector.poll(wait, FEW)  # type: ignore[attr-defined]
            except InterruptedError:
                return []
            told = []
            for fd, event in found:
                readable = event & ~select.EPOLLOUT
                writable = event & ~select.EPOLLIN
                mask = bool(writable) * selectors.EVENT_WRITE
                mask |= bool(readable) * selectors.EVENT_READ
                if key := self.get_map().get(fd):
                    told.append((key, mask & key.events))
            return told

    return FewAtATime()
