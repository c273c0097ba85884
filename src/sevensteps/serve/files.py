"""Files that are either the old version or the new one, never half of each."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from .errors import StorageError

TEMPORARY = ".tmp-"


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temporary file, fsync, rename, fsync of the folder.

    Raises
    ------
    StorageError
        if the disk refuses (full, read-only); the previous file is intact
    """
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    with saved(path):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that becomes `path` if the body succeeds, else vanishes."""
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    with saved(path):
        try:
            temporary.mkdir(parents=True)
            yield temporary
            for file in temporary.rglob("*"):
                (sync_folder if file.is_dir() else sync_file)(file)
            sync_folder(temporary)
            temporary.rename(path)
            sync_folder(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def saved(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into advice."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            error.errno,
            f"could not write {path}: {os.strerror(error.errno or 0)}. What was there "
            "before is intact; free some space (or choose another folder) and repeat",
        ) from error


def sweep(folder: Path) -> None:
    """Remove what killed writers left behind; a living writer's files stay."""
    for leftover in folder.glob(f"{TEMPORARY}*"):
        pid = leftover.name.removeprefix(TEMPORARY).partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(leftover, ignore_errors=True)
            leftover.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Force a file's bytes to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's entries to the disk, so that a rename survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
