"""The decision log: one JSON line per decision, whole lines only."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sevensteps.world.storage import saving

TAIL = 64 << 20  # bytes of log that are read back at a start


class DecisionLog:
    """An append-only file of lines. A line is in it whole, or not at all.

    Parameters
    ----------
    path : created with its folders if absent; a line torn by a crash is cut off

    Raises
    ------
    StorageError
        if the file cannot be opened for appending
    """

    def __init__(self, path: Path) -> None:
        with saving(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            self._file = os.open(path, flags, 0o600)
            _cut_torn_line(self._file)
        self._unsynced = False

    def append(self, lines: Sequence[bytes]) -> None:
        """Add lines; on any error the file is as long as it was.

        Raises
        ------
        OSError
            if the disk is full or gone
        """
        append_whole(self._file, b"".join(line + b"\n" for line in lines))
        self._unsynced = True

    def sync(self) -> None:
        """Force the lines to the disk, if there are new ones."""
        if self._unsynced:
            os.fsync(self._file)
            self._unsynced = False

    def close(self) -> None:
        """Sync and close."""
        try:
            self.sync()
        finally:
            os.close(self._file)


def append_whole(file: int, data: bytes, *, sync: bool = False) -> None:
    """Add bytes to a file; on any error it is as long as it was.

    Parameters
    ----------
    sync : wait until they are on the disk

    Raises
    ------
    OSError
        if the disk is full or gone
    """
    end = os.fstat(file).st_size
    written = 0
    try:
        while written < len(data):  # a nearly full disk takes a part
            written += os.write(file, data[written:])
        if sync:
            os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise


def read_log(path: Path, tail: int | None = None) -> Iterator[dict[str, Any]]:
    """The decisions of a log, oldest first; a torn last line is left out.

    Parameters
    ----------
    path : of a decision log; none is an empty one
    tail : read only about so many bytes at its end
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
    end = os.fstat(file).st_size
    keep = end
    while keep > 0:
        start = max(0, keep - 4_096)
        at = os.pread(file, keep - start, start).rfind(b"\n")
        if at >= 0:
            keep = start + at + 1
            break
        keep = start
    if keep < end:
        os.ftruncate(file, keep)
