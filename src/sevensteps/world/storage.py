"""Folders and files that are whole or absent, and a manifest that tells what is whole.

A writer works beside its target under a temporary name, flushes everything to the disk
and renames in one step. A killed process therefore leaves a temporary, which no reader
looks at and the next writer removes; never half of anything.
"""

from __future__ import annotations

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
    """What a folder is.

    Attributes
    ----------
    name : str        e.g. "search world"
    version : int     raised when the files change their form
    remedy : str      what to do about one that is broken, as a sentence
    """

    name: str
    version: int
    remedy: str

    @property
    def format(self) -> str:
        """What a manifest of this kind calls itself."""
        return f"sevensteps {self.name}, format {self.version}"

    def broken(self, folder: Path, why: str) -> BrokenFolder:
        """The error of a folder that is not whole."""
        return BrokenFolder(
            f"{folder} is not a whole {self.name}: {why}. {self.remedy}"
        )


@dataclass(frozen=True, slots=True)
class FolderManifest:
    """What a folder says of itself.

    Attributes
    ----------
    content : dict            whatever its writer wanted to say, as JSON
    files : dict              path -> (bytes, SHA-256) of every file but the manifest
    """

    content: dict[str, Any]
    files: dict[str, tuple[int, str]]


@contextmanager
def new_folder(path: Path, *, room: int = 0) -> Iterator[Path]:
    """A temporary folder that becomes `path` if the body succeeds, else vanishes.

    Parameters
    ----------
    path : Path       must not exist, or be an empty folder
    room : int        bytes that will be needed, if known

    Raises
    ------
    FileExistsError
        if `path` holds something already
    StorageError
        if the disk refuses: full, read-only, or with less than `room` bytes left
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(
            f"{path} holds something already: read it, remove it, or choose another "
            "folder"
        )
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
                sync(inside)
            _publish(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_file(path: Path, data: bytes) -> None:
    """Replace one file: it holds the old bytes or the new ones, never half of each.

    Raises
    ------
    StorageError
        if the disk refuses; the previous file is intact
    """
    temporary = _temporary(path)
    with saving(path):
        try:
            temporary.write_bytes(data)
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


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


def sync(path: Path) -> None:
    """Force a file's bytes, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(
    folder: Path, kind: FolderKind, content: Mapping[str, Any]
) -> FolderManifest:
    """Write what a folder is, with a checksum of every file in it and of itself."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    files = {
        p.relative_to(folder).as_posix(): (p.stat().st_size, sha256_of(p))
        for p in paths
    }
    body = {"format": kind.format, "content": dict(content), "files": files}
    text = json.dumps({**body, "checksum": _checksum(body)}, indent=1) + "\n"
    (folder / MANIFEST).write_text(text)
    return FolderManifest(dict(content), files)


def read_manifest(folder: str | Path, kind: FolderKind) -> FolderManifest:
    """The manifest of a folder, if it is whole.

    Raises
    ------
    BrokenFolder
        if it is absent, damaged or of another format, or files have another size
    """
    folder = Path(folder)
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
    for path, (size, _) in manifest.files.items():
        file = folder / path
        if not file.is_file() or file.stat().st_size != size:
            raise kind.broken(folder, f"{path} is missing or has another size")
    return manifest


def verify(folder: str | Path, kind: FolderKind) -> FolderManifest:
    """The manifest, after comparing every file with its checksum.

    Raises
    ------
    BrokenFolder
        naming the first file that differs
    """
    manifest = read_manifest(folder, kind)
    for path, (_, expected) in manifest.files.items():
        if sha256_of(Path(folder) / path) != expected:
            raise kind.broken(Path(folder), f"{path} is not what was written")
    return manifest


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _temporary(path: Path) -> Path:
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{token_hex(4)}-{path.name}")


def _publish(temporary: Path, path: Path) -> None:
    try:
        temporary.replace(path)
    except OSError as error:
        if error.errno in (ENOTEMPTY, EEXIST):
            raise FileExistsError(f"{path} was written meanwhile: read it") from error
        raise
    sync(path.parent)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
