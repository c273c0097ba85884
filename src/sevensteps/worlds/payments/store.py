"""A world on disk: Parquet by day, and a manifest that is written last.

Everything goes to a partial directory beside the target, is flushed to the disk and
renamed in one step. A killed process therefore leaves a partial directory, which no
reader accepts and the next writer removes; never half a world.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from .records import History
from .shelf import MANIFEST, Manifest, digest, read_world
from .tables import cardholders, cards, merchants
from .truth import theft_spans, truth_table

if TYPE_CHECKING:
    from .world import PaymentsWorld

GENERATOR = 2  # raised whenever the same parameters draw other payments
BYTES_A_ROW = 50  # payments and truth on disk, rounded up
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

Progress = Callable[[int, int], None]  # days done, of how many


def parameters(world: "PaymentsWorld", days: int) -> dict[str, Any]:
    """All that decides what a history holds."""
    return {
        "generator": GENERATOR,
        "size": asdict(world.size),
        "days": days,
        "seed": world.seed,
        "base_rate": world.base_rate,
        "caution": world.caution,
        "costs": asdict(world.costs),
        "incidents": [asdict(i) for i in world.incidents],
    }


def write(
    world: "PaymentsWorld", directory: Path, days: int, progress: Progress | None
) -> Path:
    """Write a world's history and truth; memory holds one day at a time.

    Parameters
    ----------
    world : the world
    directory : where; must not exist, or be empty
    days : length of the history
    progress : called after each day with (days done, days), e.g. to draw a bar

    Returns
    -------
    Path   the directory: `payments/day=000/part.parquet` and so on, dimension
           tables, `chargebacks.parquet`, `truth/` and `manifest.json`

    Raises
    ------
    FileExistsError
        if the directory holds something already
    OSError
        if the disk is full; nothing is left behind
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise FileExistsError(
            f"{directory} holds something already: read it with read_world, "
            "remove it, or choose another directory"
        )
    rows = days * world.size.n_cardholders * world.size.payments_a_day
    with _partial(directory, int(rows * BYTES_A_ROW)) as partial:
        shelf = _Shelf(partial)
        _write_days(world, shelf, days, progress)
        for name, make in {
            "cardholders": cardholders,
            "cards": cards,
            "merchants": merchants,
        }.items():
            shelf.put(name, f"{name}.parquet", make(world.people))
        manifest = Manifest(parameters(world, days), shelf.rows, shelf.files)
        for path in shelf.files:
            _flush(partial / path)
        (partial / MANIFEST).write_text(manifest.to_json())
        _flush(partial / MANIFEST)
    return directory


def _write_days(
    world: "PaymentsWorld", shelf: "_Shelf", days: int, progress: Progress | None
) -> None:
    stolen = world.past_attempts(0, days)
    spans = theft_spans(stolen.card, stolen.paid_at, len(world.people.card_holder))
    told = []
    for shard in world.shards(0, days):
        payments, chargebacks = shard.tables(world)
        truth = truth_table(payments, [shard.secrets(world)], spans)
        part = f"day={shard.day:03}/part.parquet"
        shelf.put("payments", f"payments/{part}", payments)
        shelf.put("truth", f"truth/{part}", truth)
        told.append(chargebacks)
        if progress:
            progress(shard.day + 1, days)
    shelf.put("chargebacks", "chargebacks.parquet", pa.concat_tables(told))


class _Shelf:
    """Puts tables into files and keeps the account of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows: dict[str, int] = {}
        self.files: dict[str, tuple[int, str]] = {}

    def put(self, name: str, path: str, table: pa.Table) -> None:
        """One table, or a day of it."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        coded = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
        pq.write_table(table, target, compression="zstd", use_dictionary=coded)
        self.rows[name] = self.rows.get(name, 0) + table.num_rows
        self.files[path] = (target.stat().st_size, digest(target))


@contextmanager
def _partial(directory: Path, expected: int) -> Iterator[Path]:
    """A directory that becomes `directory` if all goes well, and vanishes if not."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    _sweep(directory)
    partial = directory.parent / f".{directory.name}.partial-{os.getpid()}"
    try:
        free = shutil.disk_usage(directory.parent).free
        if free < expected:
            raise OSError(errno.ENOSPC, f"{free / 1e9:.1f} GB are free")
        partial.mkdir()
        yield partial
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


def cached(
    world: "PaymentsWorld", root: Path, days: int, progress: Progress | None
) -> History:
    """The history under `root`, written first if it is not there."""
    told = json.dumps(parameters(world, days), sort_keys=True).encode()
    scale = world.scale if isinstance(world.scale, str) else "own"
    name = f"payments-{scale}-{days}d-{hashlib.sha256(told).hexdigest()[:12]}"
    if not (root / name / MANIFEST).exists():
        with suppress(FileExistsError):  # another process was first
            write(world, root / name, days, progress)
    return read_world(root / name)
