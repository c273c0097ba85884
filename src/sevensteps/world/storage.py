"""Folders and files that are whole or absent, and a manifest that tells what is whole.

A writer works beside its target under a temporary name, flushes everything to the disk
and renames in one step. A killed process therefore leaves a temporary, which no reader
looks at and the next writer removes; never half of anything.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EEXIST, ENOSPC, ENOTEMPTY
from pathlib import Path
from secrets import token_hex
from typing import Any

TEMPORARY = ".tmp-"
MANIFEST = "manifest.json"


class StorageError(OSError):
    """A file that could not be written; whatever was there before is intact."""


class BrokenFolder(ValueError):
    """A folder that is not what was written there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class FolderKind:
    """What a folder is."""

    name: str  # e.g. "search world"
    version: int  # raised when the files change their form
    remedy: str  # what to do about one that is broken, as a sentence

    @property
    def format(self) -> str:
        """What a manifest of this kind calls itself."""
        return f"sevensteps {self.name}, format {self.version}"

    def broken(self, folder: Path, why: str) -> BrokenFolder:
        """The error of a folder that is not whole."""
        whole = f"{folder} is not a whole {self.name}"
        return BrokenFolder(f"{whole}: {why}. {self.remedy}")


@dataclass(frozen=True, slots=True)
class FolderManifest:
    """What a folder says of itself."""

    content: dict[str, Any]  # whatever its writer wanted to say, as JSON
    files: dict[str, tuple[int, str]]  # path -> (bytes, SHA-256) of all other files


@contextmanager
def new_folder(path: Path, *, room: int = 0) -> Iterator[Path]:
    """A temporary folder that becomes `path` if the body succeeds, else vanishes.

    Raises
    ------
    FileExistsError           if `path` holds something already
    StorageError              if the disk refuses: full, read-only, or with less than
                              `room` bytes left
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        advice = "read it, remove it, or choose another folder"
        raise FileExistsError(f"{path} holds something already: {advice}")
    temporary = _temporary(path)
    with saving(path, room):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, path.name)
        if shutil.disk_usage(path.parent).free < room:
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        try:
            temporary.mkdir()
            yield temporary
            for inside in (*temporary.rglob("*"), temporary):
                _sync(inside)
            try:
                temporary.replace(path)
            except OSError as error:
                if error.errno not in (ENOTEMPTY, EEXIST):
                    raise
                told = f"{path} was written meanwhile: read it"
                raise FileExistsError(told) from error
            _sync(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def saving(path: Path, room: int = 0) -> Iterator[None]:
    """Turn the system's refusal to write into a `StorageError` with advice."""
    try:
        yield
    except OSError as error:
        if error.errno is None or isinstance(error, StorageError):
            raise  # told already
        need = f" (about {room / 1e9:.2g} GB are needed)" if room else ""
        raise StorageError(
            error.errno,
            f"could not write {path}: {os.strerror(error.errno or 0)}. What was there "
            f"before is intact; free some space{need} or choose a folder on another "
            "disk, and repeat",
        ) from error


def sweep(folder: Path, name: str = "*") -> None:
    """Remove what killed writers left behind; a living writer's files stay."""
    for leftover in folder.glob(f"{TEMPORARY}*-{name}"):
        pid = leftover.name.removeprefix(TEMPORARY).partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(leftover, ignore_errors=True)
            with suppress(OSError):
                leftover.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Force a file's bytes, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    """Of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, kind: FolderKind, content: Mapping[str, Any]) -> None:
    """Write what a folder is, with a checksum of every file in it and of itself."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    files = {
        p.relative_to(folder).as_posix(): (p.stat().st_size, _sha256(p)) for p in paths
    }
    body = {"format": kind.format, "content": dict(content), "files": files}
    text = json.dumps({**body, "checksum": _checksum(body)}, indent=1) + "\n"
    (folder / MANIFEST).write_text(text)


def read_manifest(
    folder: Path, kind: FolderKind, *, check: bool = False
) -> FolderManifest:
    """The manifest of a folder; with `check`, after comparing every checksum.

    Raises a BrokenFolder if it is absent, damaged or of another format, or a file has
    another size or checksum.
    """
    try:
        body = json.loads((folder / MANIFEST).read_text())
        checksum = body.pop("checksum")
        manifest = FolderManifest(body["content"], body["files"])
    except FileNotFoundError:
        raise kind.broken(folder, f"it has no {MANIFEST}") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise kind.broken(folder, f"its {MANIFEST} is damaged ({error!r})") from None
    if body["format"] != kind.format or checksum != _checksum(body):
        raise kind.broken(folder, f"its {MANIFEST} is damaged or of another format")
    for path, (size, expected) in manifest.files.items():
        file = folder / path
        if not file.is_file() or file.stat().st_size != size:
            raise kind.broken(folder, f"{path} is missing or has another size")
        if check and _sha256(file) != expected:
            raise kind.broken(folder, f"{path} is not what was written")
    return manifest


def _checksum(body: dict[str, Any]) -> str:
    """Of what a manifest says."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _temporary(path: Path) -> Path:
    """The name of this process's work on a path; see `sweep`."""
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{token_hex(4)}-{path.name}")


def _alive(pid: int) -> bool:
    """Whether there is such a process, ours or not."""
    with suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
