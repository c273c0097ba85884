"""What makes a world, and its past on disk: a file for each table, array and record."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, cast, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .arrays import recoded, whole
from .days import Incident, Progress
from .storage import (
    MANIFEST,
    FolderKind,
    FolderManifest,
    new_folder,
    read_manifest,
    write_manifest,
)


class WorldWriter:
    """Puts tables and records into a folder, and counts their rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}

    def put(self, name: str, value: Any, *, part: str | None = None) -> None:
        """A table (or a part of it), an array, a text, or a record of such.

        The name is a path without suffix; a part lies in a folder of that name.
        """
        if isinstance(value, pa.Table):
            self.rows[name] = self.rows.get(name, 0) + value.num_rows
            self._table(f"{name}/{part}" if part else name, value)
        elif isinstance(value, pa.Array):
            self._table(name, pa.table({"value": value}))
        elif isinstance(value, np.ndarray):
            np.save(self._path(f"{name}.npy"), value, allow_pickle=False)
        elif isinstance(value, str):
            self._path(f"{name}.txt").write_text(value, encoding="utf-8")
        else:
            for field in fields(value):
                self.put(f"{name}/{field.name}", getattr(value, field.name))

    def _table(self, name: str, table: pa.Table) -> None:
        """Write a Parquet file; only codes are kept as such."""
        coded = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
        path = self._path(f"{name}.parquet")
        pq.write_table(table, path, compression="zstd", use_dictionary=coded)

    def _path(self, name: str) -> Path:
        """Where to write, in a folder that is there."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def read_table(
    folder: Path,
    manifest: FolderManifest,
    name: str,
    schema: pa.Schema,
    names: Mapping[str, tuple[str, ...]],
) -> pa.Table:
    """One table, all of its parts; see `recoded` for `names`."""
    paths = [p for p in manifest.files if p.startswith((f"{name}/", f"{name}.parquet"))]
    return pa.concat_tables(
        recoded(pq.ParquetFile(folder / p).read(), schema, names) for p in paths
    )


def read_record(folder: Path, kind: Any) -> Any:
    """The record of that type, arrays and records of arrays, that lies in a folder."""
    values = {}
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint):
            values[name] = read_record(folder / name, hint)
        elif hint is pa.Array:
            column = pq.read_table(folder / f"{name}.parquet")["value"]
            values[name] = column.combine_chunks()
        else:
            values[name] = np.load(folder / f"{name}.npy", allow_pickle=False)
    return kind(**values)


Self = TypeVar("Self", bound="StoredWorld[Any]")
HistoryT = TypeVar("HistoryT")
FORMAT = 2  # raised when the files of all worlds change their form
_FACE = ("scale", "seed", "incidents", "pasts")


@dataclass(frozen=True)
class StoredWorld(ABC, Generic[HistoryT]):
    """The half of a `World` that is parameters and files."""

    scale: Any = "smoke"  # or "book", "full", or a size with explicit numbers
    seed: int = 7  # all randomness follows from it
    incidents: tuple[Any, ...] = field(default=(), kw_only=True)  # see `inject`

    kind: ClassVar[str]  # e.g. "search"
    generator: ClassVar[int]  # raised whenever the same parameters draw other rows
    scales: ClassVar[Mapping[str, Any]]  # name -> size, which has `days`
    schema: ClassVar[Mapping[str, pa.Schema]]  # of the company's tables
    truth_schema: ClassVar[pa.Schema]
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # of categorical columns' codes
    log: ClassVar[str]  # the table that grows by the day
    unit: ClassVar[str]  # the column of its units of experiment
    purpose: ClassVar[int] = 0  # of the random numbers that assign units to arms
    incident_type: ClassVar[type[Incident]]
    history_type: ClassVar[type]
    last_day: ClassVar[int] = 3_650

    def __post_init__(self) -> None:
        size = type(next(iter(self.scales.values())))
        if not isinstance(self.scale, size) and self.scale not in self.scales:
            known = f"choose from {[*self.scales]}, or give a {size.__name__}"
            raise ValueError(f"unknown scale {self.scale!r}; {known}")
        whole("seed", self.seed, 0)
        wrong = [i for i in self.incidents if not isinstance(i, self.incident_type)]
        if wrong:
            known = f"what happens to a {self.kind} world is a "
            raise ValueError(f"{known}{self.incident_type.__name__}, not {wrong[0]!r}")

    @abstractmethod
    def put(self, writer: WorldWriter, days: int, progress: Progress | None) -> None:
        """Put a history, its truth, and what futures need into files."""

    @abstractmethod
    def room(self, days: int) -> int:
        """Bytes on disk of a history with its truth, rounded up."""

    @cached_property
    def size(self) -> Any:
        """How large the world is."""
        return self.scales.get(self.scale) if self.scale in self.scales else self.scale

    def inject(self: Self, *incidents: Any) -> Self:
        """The same world, to which something happens."""
        return replace(self, incidents=self.incidents + incidents)

    def days_of(self, days: int | None) -> int:
        """The length of a history; the size's own when absent."""
        return whole("days", self.size.days if days is None else days, 1, self.last_day)

    def parameters(self, days: int) -> dict[str, Any]:
        """All that decides what a history holds."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {
            name: asdict(value) if is_dataclass(value) else value  # type: ignore[arg-type]
            for name, value in own.items()
            if name not in _FACE
        }
        return {
            "generator": self.generator,
            "size": asdict(self.size),
            "days": days,
            "seed": self.seed,
            **plain,
            "incidents": [asdict(i) for i in self.incidents if i.start_day < days],
        }

    def key(self, days: int) -> str:
        """A short name that no other world's history has."""
        text = json.dumps([FORMAT, self.parameters(days)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @classmethod
    def folder_kind(cls) -> FolderKind:
        """What a folder with such a world calls itself."""
        remedy = f"Remove it and write it again: {cls.__name__}(...).write(folder)"
        return FolderKind(f"{cls.kind} world", FORMAT, remedy)

    def write(
        self,
        directory: str | Path,
        days: int | None = None,
        *,
        progress: Progress | None = None,
    ) -> Path:
        """Write history, truth and state under a new directory; see `new_folder`."""
        days, path = self.days_of(days), Path(directory)
        with new_folder(path, room=self.room(days)) as folder:
            writer = WorldWriter(folder)
            self.put(writer, days, progress)
            content = {"parameters": self.parameters(days), "rows": writer.rows}
            write_manifest(folder, self.folder_kind(), content)
        return path

    @classmethod
    def verify(cls, directory: str | Path) -> FolderManifest:
        """Compare every file with its checksum; a `BrokenFolder` names the first."""
        return read_manifest(Path(directory), cls.folder_kind(), check=True)

    @classmethod
    def read(cls, directory: str | Path) -> HistoryT:
        """A history from disk; a `BrokenFolder` if its files are not whole."""
        folder = Path(directory)
        manifest = read_manifest(folder, cls.folder_kind())
        values: dict[str, Any] = {"days": manifest.content["parameters"]["days"]}
        for name, hint in get_type_hints(cls.history_type).items():
            if hint is pa.Table:
                schema = cls.schema[name]
                values[name] = read_table(folder, manifest, name, schema, cls.names)
            elif name not in values:
                values[name] = (folder / f"{name}.txt").read_text(encoding="utf-8")
        return cast(HistoryT, cls.history_type(**values))

    @classmethod
    def read_truth(cls, directory: str | Path) -> pa.Table:
        """What only the world knows of a history on disk, row by row."""
        folder = Path(directory)
        manifest = read_manifest(folder, cls.folder_kind())
        return read_table(folder, manifest, "truth", cls.truth_schema, cls.names)

    def cached(
        self,
        days: int | None = None,
        *,
        root: str | Path = "data/cache",
        progress: Progress | None = None,
    ) -> HistoryT:
        """The history, from disk if this very world was written there before."""
        days = self.days_of(days)
        named = self.scale if isinstance(self.scale, str) else "own"
        path = Path(root) / f"{self.kind}-{named}-{days}d-{self.key(days)}"
        if not (path / MANIFEST).exists():
            with suppress(FileExistsError):  # another process was first
                self.write(path, days, progress=progress)
        history = self.read(path)
        self.remember(path, days, history)
        return history

    def remember(self, path: Path, days: int, history: HistoryT) -> None:
        """Keep what else lies beside a history on disk, if futures need it."""
