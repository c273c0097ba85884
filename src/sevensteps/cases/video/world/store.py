"""A video world on disk: the warehouse, the truth beside it, and where it stands."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sevensteps.world.disk import MANIFEST, Form, Progress, cache_name, shelved
from sevensteps.world.record_files import put_record, read_record

from .live import State
from .records import History
from .schema import NAMES, SCHEMA, TRUTH
from .tables import creators_table, users_table, videos_table

if TYPE_CHECKING:
    from .world import VideoWorld

GENERATOR = 1  # raised whenever the same parameters make another world
BYTES_A_PAGE, BYTES_A_VIDEO, BYTES_A_USER = 600, 180, 450  # on disk, rounded up
VISITS_A_DAY, PAGES_A_VISIT = 0.2, 2  # rounded up, to guess the room that is needed
FORM = Form("video", 1, {**SCHEMA, "truth": TRUTH}, NAMES)


@dataclass(frozen=True, slots=True)
class Past:
    """What was logged, what was true of it, and the evening after it."""

    impressions: pa.Table
    truth: pa.Table
    state: State


def parameters(world: VideoWorld, days: int) -> dict[str, Any]:
    """All that decides what a history holds."""
    return {
        "generator": GENERATOR,
        "size": asdict(world.size),
        "days": days,
        "seed": world.seed,
        "incidents": [asdict(i) for i in world.incidents if i.start_day < days],
    }


def write(world: VideoWorld, directory: Path, days: int, past: Past) -> Path:
    """Write a past: the tables, `truth.parquet`, `state/` and `manifest.json`.

    Raises
    ------
    FileExistsError
        if the directory holds something already
    OSError
        if the disk is full; nothing is left behind
    """
    with shelved(directory, _room(world, days)) as shelf:
        for name, table in warehouse(past).items():
            shelf.put(name, f"{name}.parquet", table)
        shelf.put("truth", "truth.parquet", past.truth)
        put_record(shelf, "state", past.state)
        shelf.close(FORM, parameters(world, days))
    return directory


def _room(world: VideoWorld, days: int) -> int:
    size = world.size
    pages = days * size.n_users * VISITS_A_DAY * PAGES_A_VISIT
    people = size.n_videos * BYTES_A_VIDEO + size.n_users * BYTES_A_USER
    return int(pages * BYTES_A_PAGE + people)


def warehouse(past: Past) -> dict[str, pa.Table]:
    """The company's tables after a past."""
    return {
        "users": users_table(past.state.users),
        "creators": creators_table(past.state.creators),
        "videos": videos_table(past.state.videos),
        "impressions": past.impressions,
    }


def read_world(directory: str | Path, *, check: bool = False) -> History:
    """A history from disk; with `check`, after verifying all checksums.

    Raises
    ------
    BrokenWorld
        if the directory has no valid manifest or a file differs from it
    """
    manifest = FORM.verify(directory) if check else FORM.manifest(directory)
    tables = {name: FORM.table(directory, manifest, name) for name in SCHEMA}
    return History(**tables, days=manifest.parameters["days"])


def read_past(directory: Path) -> Past:
    """A past from disk, from which a policy can go live."""
    manifest = FORM.manifest(directory)
    return Past(
        impressions=FORM.table(directory, manifest, "impressions"),
        truth=FORM.table(directory, manifest, "truth"),
        state=read_record(directory / "state", State),
    )


def cached(world: VideoWorld, root: Path, days: int, progress: Progress | None) -> Past:
    """The past under `root`, lived and written first if it is not there."""
    directory = root / cache_name("video", world.scale, parameters(world, days))
    if not (directory / MANIFEST).exists():
        with suppress(FileExistsError):  # another process was first
            write(world, directory, days, world.past(days, progress))
    return read_past(directory)
