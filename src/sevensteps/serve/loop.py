"""An event loop that takes in little at a time.

asyncio's own handles all sockets that have something to say before anything else. In a
flood that is hundreds, and an answer that is ready waits for all of them. Here a few
are handled in a turn; the others wait in the kernel, where they cost nothing.
"""

import asyncio
import select
import selectors
from typing import Any

FEW = 24  # sockets that are handled in one turn of the loop


def event_loop() -> asyncio.AbstractEventLoop:
    """A loop for a service; where there is no epoll, asyncio's own."""
    if not hasattr(select, "epoll"):
        return asyncio.new_event_loop()

    class FewAtATime(selectors.EpollSelector):
        """Hears of a few events, the longest ready first."""

        _selector_cls = FewEvents

    return asyncio.SelectorEventLoop(FewAtATime())


class FewEvents:
    """An epoll with a bound."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
        """A few of those that are ready."""
        return self._epoll.poll(timeout, min(FEW, most))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._epoll, name)
