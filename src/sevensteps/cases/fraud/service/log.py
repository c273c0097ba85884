"""The decision log: what was decided is remembered, written down and told again.

A decision is handed over and waited for, but not beyond its deadline. One thread
writes: the payment into the store, so that later ones see it, and a JSON line into a
file. What store or disk refuse stays in memory and is tried again, so an outage of
minutes loses nothing that this process has answered. A killed process loses nothing of
what was written, a power cut the last seconds.
"""

import json
import os
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from sevensteps.world.storage import saving

from .store import StoreError

TAIL = 64 << 20  # bytes of log that are read back at a start
LONGEST = 1 << 16  # bytes of a line; they are a thousand or so
REMEMBERED = 100_000  # decisions
BATCH = 256  # decisions that are written at once
BACKLOG = 100_000  # decisions; beyond it the oldest are dropped, and counted
IDLE_S = 0.2
GROUP_S = 0.002  # that a decision waits for others, to be written with them


class Backlog:
    """What waits to be written, in order; `dropped` counts what was too much."""

    def __init__(self, name: str, write: Callable[[Sequence[Any]], object]) -> None:
        self.problem: str | None = None
        self.dropped = 0
        self._name, self._write = name, write
        self._waiting: deque[Any] = deque(maxlen=BACKLOG)

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, item: Any) -> None:
        """Let it wait."""
        self.dropped += len(self._waiting) == BACKLOG
        self._waiting.append(item)

    def flush(self) -> None:
        """Write what waits, or as much as can be written."""
        try:
            while self._waiting:
                chunk = list(islice(self._waiting, BATCH))
                self._write(chunk)
                for _ in chunk:
                    self._waiting.popleft()
            self.problem = None
        except (OSError, StoreError) as error:
            reason = getattr(error, "strerror", None) or error
            self.problem = f"{self._name}: {reason}"


class DecisionLog:
    """The latest decisions by payment, restored from the file after a restart.

    `store` writes payments where later ones see them; `newest` is the latest one's
    second; `backlogs` hold what has not reached the store, and the file.
    """

    def __init__(self, path: Path, store: Callable[[Sequence[Any]], object]) -> None:
        self.newest = 0
        self._lines: OrderedDict[int, bytes] = OrderedDict()
        for line in read_log(path, tail=TAIL):
            self._remember(line, compact(line))
        with saving(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            self._file = os.open(path, flags, 0o600)
            _cut_torn_line(self._file)
        self.backlogs = (
            Backlog("store", store),
            Backlog("decision log", lambda lines: append(self._file, lines)),
        )
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def find(self, payment_id: int) -> dict[str, Any] | None:
        """The line of a payment, None if there is none."""
        line = self._lines.get(payment_id)
        return None if line is None else json.loads(line)

    def keep(
        self, payment: Any, line: dict[str, Any], tell: Callable[[], object]
    ) -> None:
        """Remember a decision at once, and write it; `tell` once that was tried."""
        data = compact(line)
        self._remember(line, data)
        self._inbox.put((payment, data, tell))

    def close(self) -> None:
        """Write everything that was handed over, then stop."""
        self._inbox.put(None)
        self._thread.join()
        os.fsync(self._file)
        os.close(self._file)

    def _remember(self, line: dict[str, Any], data: bytes) -> None:
        """Keep a line, and forget the oldest beyond `REMEMBERED`."""
        self._lines[line["payment_id"]] = data
        self.newest = max(self.newest, line["payment"]["paid_at"])
        if len(self._lines) > REMEMBERED:
            self._lines.popitem(last=False)

    def _run(self) -> None:
        events, lines = self.backlogs
        batch: list[Any] = []
        while None not in batch:
            batch = self._next()
            decided = [each for each in batch if each is not None]
            for payment, line, _ in decided:
                events.put(payment)
                lines.put(line)
            events.flush()
            lines.flush()
            for *_, tell in decided:
                tell()

    def _next(self) -> list[Any]:
        """What has come in, waiting a little for the first; None is the end."""
        batch: list[Any] = []
        with suppress(queue.Empty):
            batch.append(self._inbox.get(timeout=IDLE_S))
            time.sleep(GROUP_S)
            while len(batch) < BATCH:
                batch.append(self._inbox.get_nowait())
        return batch


def compact(line: dict[str, Any]) -> bytes:
    """A line of the log, without its end."""
    return json.dumps(line, separators=(",", ":")).encode()


def append(file: int, lines: Sequence[bytes]) -> None:
    """Add whole lines to a file; on an OSError it is as long as it was."""
    data = b"".join(line + b"\n" for line in lines)
    end, written = os.fstat(file).st_size, 0
    try:
        while written < len(data):  # a nearly full disk takes a part
            written += os.write(file, data[written:])
    except OSError:
        os.ftruncate(file, end)
        raise


def read_log(path: Path, tail: int | None = None) -> Iterator[dict[str, Any]]:
    """The decisions of a log, or of about its last `tail` bytes, oldest first.

    A torn last line is left out; no file is an empty log.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        if tail is not None and path.stat().st_size > tail:
            file.seek(-tail, os.SEEK_END)
            file.readline()
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def _cut_torn_line(file: int) -> None:
    """Cut off what stands behind the last whole line."""
    end = os.fstat(file).st_size
    start = max(0, end - LONGEST)
    os.ftruncate(file, start + os.pread(file, LONGEST, start).rfind(b"\n") + 1)
