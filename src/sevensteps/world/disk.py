"""A world on disk: files in a directory, and a manifest that is written last.

Everything goes to a partial directory beside the target, is flushed to the disk and
renamed in one step. A killed process therefore leaves a partial directory, which no
reader accepts and the next writer removes; never half a world.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .columns import dictionary

MANIFEST = "manifest.json"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

Progress = Callable[[int, int], None]  # days done, of how many


class BrokenWorld(ValueError):
    """A directory that is not a whole world; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a directory holds: parameters, rows by table, size and SHA-256 by file."""

    parameters: dict[str, Any]
    rows: dict[str, int]
    files: dict[str, tuple[int, str]]

    def to_json(self, form: Form) -> str:
        """The manifest with a checksum of itself."""
        body = {
            "format": form.format,
            "parameters": self.parameters,
            "rows": self.rows,
            "files": self.files,
        }
        return json.dumps({**body, "checksum": _checksum(body)}, indent=1) + "\n"


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of world lies on disk.

    Attributes
    ----------
    kind : str                 e.g. "payments"
    version : int              raised when the files change their form
    schemas : mapping          table -> schema
    names : mapping            column -> the names of its codes, in order
    """

    kind: str
    version: int
    schemas: Mapping[str, pa.Schema]
    names: Mapping[str, tuple[str, ...]]

    @property
    def format(self) -> str:
        """What a manifest of this kind calls itself."""
        return f"sevensteps {self.kind} world, format {self.version}"

    def broken(self, directory: Path, why: str) -> BrokenWorld:
        """The error of a directory that is not whole."""
        return BrokenWorld(
            f"{directory} is not a whole {self.kind} world: {why}. Remove it and write "
            f"it again: {self.kind.capitalize()}World(...).write(directory)"
        )

    def manifest(self, directory: str | Path) -> Manifest:
        """The manifest of a directory, if it is whole.

        Raises
        ------
        BrokenWorld
            if it is absent, damaged or of another format, or files have another size
        """
        directory = Path(directory)
        try:
            told = json.loads((directory / MANIFEST).read_text())
            checksum = told.pop("checksum")
            manifest = Manifest(told["parameters"], told["rows"], told["files"])
        except FileNotFoundError:
            raise self.broken(directory, f"it has no {MANIFEST}") from None
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            why = f"its {MANIFEST} is damaged ({error!r})"
            raise self.broken(directory, why) from None
        if told["format"] != self.format or checksum != _checksum(told):
            why = f"its {MANIFEST} is damaged or of another format"
            raise self.broken(directory, why)
        for path, (size, _) in manifest.files.items():
            file = directory / path
            if not file.is_file() or file.stat().st_size != size:
                raise self.broken(directory, f"{path} is missing or has another size")
        return manifest

    def verify(self, directory: str | Path) -> Manifest:
        """Compare every file with its checksum.

        Raises
        ------
        BrokenWorld
            naming the first file that differs
        """
        manifest = self.manifest(directory)
        for path, (_, expected) in manifest.files.items():
            if digest(Path(directory) / path) != expected:
                raise self.broken(Path(directory), f"{path} is not what was written")
        return manifest

    def table(self, directory: str | Path, manifest: Manifest, name: str) -> pa.Table:
        """One table, all of its days."""
        wanted = (name, f"{name}.parquet")
        paths = [p for p in manifest.files if p.split("/")[0] in wanted]
        return pa.concat_tables(
            self.coded(pq.ParquetFile(Path(directory) / p).read(), name) for p in paths
        )

    def coded(self, table: pa.Table, name: str) -> pa.Table:
        """The table with the codes of its schema: Parquet keeps names, not order."""
        columns = []
        for field in self.schemas[name]:
            column = table[field.name].combine_chunks()
            if pa.types.is_dictionary(field.type):
                column = _recoded(column, self.names[field.name])
            columns.append(column)
        return pa.Table.from_arrays(columns, schema=self.schemas[name])


def _recoded(column: pa.Array, names: tuple[str, ...]) -> pa.DictionaryArray:
    code = np.array([names.index(v) for v in column.dictionary.to_pylist()], np.int8)
    indices = column.indices.fill_null(0).to_numpy()
    known = code[indices] if len(code) else np.zeros(len(column), np.int8)
    missing = column.indices.is_null().to_numpy(zero_copy_only=False)
    return dictionary(np.where(missing, np.int8(-1), known), names, gaps=True)


class Shelf:
    """Puts tables and arrays into files and keeps the account of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows: dict[str, int] = {}
        self.files: dict[str, tuple[int, str]] = {}

    def put(self, name: str, path: str, table: pa.Table) -> None:
        """One table, or a day of it."""
        coded = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
        target = self._room(path)
        pq.write_table(table, target, compression="zstd", use_dictionary=coded)
        self.rows[name] = self.rows.get(name, 0) + table.num_rows
        self._noted(path)

    def put_array(self, path: str, array: NDArray[Any]) -> None:
        """One array."""
        np.save(self._room(path), array, allow_pickle=False)
        self._noted(path)

    def _room(self, path: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _noted(self, path: str) -> None:
        target = self.root / path
        self.files[path] = (target.stat().st_size, digest(target))

    def close(self, form: Form, parameters: dict[str, Any]) -> None:
        """Make everything durable; the manifest comes last."""
        manifest = Manifest(parameters, self.rows, self.files)
        for path in self.files:
            _flush(self.root / path)
        (self.root / MANIFEST).write_text(manifest.to_json(form))
        _flush(self.root / MANIFEST)


@contextmanager
def shelved(directory: Path, expected: int) -> Iterator[Shelf]:
    """A shelf that becomes `directory` if all goes well, and vanishes if not.

    Raises
    ------
    FileExistsError
        if the directory holds something already
    OSError
        if the disk has less than `expected` bytes, or gets full
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise FileExistsError(
            f"{directory} holds something already: read it with read_world, "
            "remove it, or choose another directory"
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    _sweep(directory)
    partial = directory.parent / f".{directory.name}.partial-{os.getpid()}"
    try:
        free = shutil.disk_usage(directory.parent).free
        if free < expected:
            raise OSError(errno.ENOSPC, f"{free / 1e9:.1f} GB are free")
        partial.mkdir()
        yield Shelf(partial)
        for folder in (*partial.rglob("*/"), partial):
            _flush(folder)
        _publish(partial, directory)
        _flush(directory.parent)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise OSError(
                error.errno,
                f"no room for this world, which takes about {expected / 1e9:.2g} GB: "
                f"make room or choose a directory on another disk ({error})",
                str(directory),
            ) from error
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _publish(partial: Path, directory: Path) -> None:
    try:
        partial.replace(directory)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise FileExistsError(f"{directory} was written meanwhile") from error
        raise


def _sweep(directory: Path) -> None:
    """Remove what killed writers left behind."""
    for left in directory.parent.glob(f".{directory.name}.partial-*"):
        if not _alive(int(left.name.rpartition("-")[2])):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _flush(path: Path) -> None:
    """Make what a file or a folder holds durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cache_name(kind: str, scale: object, parameters: dict[str, Any]) -> str:
    """A directory's name that no other world has."""
    told = json.dumps(parameters, sort_keys=True).encode()
    named = scale if isinstance(scale, str) else "own"
    days = parameters["days"]
    return f"{kind}-{named}-{days}d-{hashlib.sha256(told).hexdigest()[:12]}"
