"""One thread that remembers: events into the store, decisions into the log.

A caller hands a decision over and waits for it to be kept, but not beyond its
deadline. What the store or the disk refuses stays in memory and is tried again, so
an outage of minutes loses nothing that this process has answered.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from sevensteps.cases.fraud.features.single import Cardholder
from sevensteps.serve.breaker import Breaker

from .errors import StoreError
from .log import DecisionLog
from .online import events_of
from .records import unpack_holder
from .requests import PaymentRequest
from .store import OnlineStore

BATCH = 256
BACKLOG = 100_000  # decisions; beyond it the oldest are dropped, and counted
IDLE_S = 0.2


@dataclass(slots=True)
class Kept:
    """A decided payment on its way to the store and the log."""

    payment: PaymentRequest
    holder: Cardholder | None  # None: the store was not there to ask
    line: bytes
    tell: Callable[[], object]  # once it has been tried


class Journal:
    """The writer thread of a service.

    Parameters
    ----------
    store : where events are appended
    log : where decisions are appended
    """

    def __init__(self, store: OnlineStore, log: DecisionLog) -> None:
        self.problem: str | None = None  # with the log
        self.dropped = 0
        self.breaker = Breaker(failures_to_open=1)
        self._store, self._log = store, log
        self._inbox: queue.SimpleQueue[Kept | None] = queue.SimpleQueue()
        self._events: deque[Kept] = deque(maxlen=BACKLOG)
        self._lines: deque[bytes] = deque(maxlen=BACKLOG)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def keep(self, kept: Kept) -> None:
        """Hand a decision over."""
        self._inbox.put(kept)

    @property
    def pending_events(self) -> int:
        """Payments that the store does not know yet."""
        return len(self._events)

    @property
    def pending_lines(self) -> int:
        """Decisions that are not in the log yet."""
        return len(self._lines)

    def close(self) -> None:
        """Keep everything that was handed over, then stop."""
        self._inbox.put(None)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._next()
            for kept in batch:
                self.dropped += len(self._events) == BACKLOG
                self._events.append(kept)
                self.dropped += len(self._lines) == BACKLOG
                self._lines.append(kept.line)
            self._store_events(last=not running)
            self._write_lines()
            for kept in batch:
                kept.tell()

    def _next(self) -> tuple[list[Kept], bool]:
        """What has come in, waiting a little for the first; False at the end."""
        batch: list[Kept] = []
        try:
            found = self._inbox.get(timeout=IDLE_S)
            while found is not None:
                batch.append(found)
                if len(batch) == BATCH:
                    return batch, True
                found = self._inbox.get_nowait()
        except queue.Empty:
            if not batch:
                self._sync()
            return batch, True
        return batch, False

    def _store_events(self, *, last: bool) -> None:
        while self._events and (last or self.breaker.allows()):
            chunk = list(islice(self._events, BATCH))
            try:
                self._append(chunk)
            except StoreError:
                self.breaker.failed()
                return
            self.breaker.succeeded()
            for _ in chunk:
                self._events.popleft()

    def _append(self, chunk: list[Kept]) -> None:
        """Append a chunk's events, asking for the cardholders that are not known."""
        unknown = [kept for kept in chunk if kept.holder is None]
        if unknown:
            values = self._store.fetch([f"h:{k.payment.card_id}" for k in unknown])
            countries = self._store.info.countries
            for kept, value in zip(unknown, values, strict=True):
                kept.holder = unpack_holder(value, countries) if value else Cardholder()
        self._store.append(
            [e for k in chunk if k.holder for e in events_of(k.payment, k.holder)]
        )

    def _write_lines(self) -> None:
        try:
            while self._lines:
                lines = list(islice(self._lines, BATCH))
                self._log.append(lines)
                for _ in lines:
                    self._lines.popleft()
            self.problem = None
        except OSError as error:
            self.problem = f"decision log: {error.strerror}"

    def _sync(self) -> None:
        try:
            self._log.sync()
        except OSError as error:
            self.problem = f"decision log: {error.strerror}"
