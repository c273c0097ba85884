"""A search world on disk: the warehouse, the truth beside it, and where it stands."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sevensteps.world.disk import MANIFEST, Form, Progress, cache_name, shelved
from sevensteps.world.record_files import put_record, read_record

from .mornings import Rules
from .schema import NAMES, SCHEMA, TRUTH
from .state import State
from .tables import products_table, shoppers_table

if TYPE_CHECKING:
    from .world import SearchWorld

GENERATOR = 2  # raised whenever the same parameters make another world
BYTES_A_SEARCH, BYTES_A_PRODUCT = 100, 400  # on disk, rounded up
SEARCHES_A_DAY = 0.4  # of a shopper, rounded up
FORM = Form("search", 1, {**SCHEMA, "truth": TRUTH}, NAMES)


@dataclass(frozen=True, slots=True)
class Past:
    """What was logged, what was true of it, and the evening after it."""

    searches: pa.Table
    truth: pa.Table
    state: State


def parameters(world: SearchWorld, days: int) -> dict[str, Any]:
    """All that decides what a history holds."""
    return {
        "generator": GENERATOR,
        "size": asdict(world.size),
        "days": days,
        "seed": world.seed,
        "examination": world.examination,
        "incidents": [asdict(i) for i in world.incidents if i.start_day < days],
    }


def write(world: SearchWorld, directory: Path, days: int, past: Past) -> Path:
    """Write a past: the tables, `truth.parquet`, `state/` and `manifest.json`.

    Raises
    ------
    FileExistsError
        if the directory holds something already
    OSError
        if the disk is full; nothing is left behind
    """
    with shelved(directory, _room(world, days)) as shelf:
        for name, table in warehouse(world.rules, past).items():
            shelf.put(name, f"{name}.parquet", table)
        shelf.put("truth", "truth.parquet", past.truth)
        put_record(shelf, "state", past.state)
        shelf.close(FORM, parameters(world, days))
    return directory


def _room(world: SearchWorld, days: int) -> int:
    searches = days * world.size.n_shoppers * SEARCHES_A_DAY
    return int(searches * BYTES_A_SEARCH + world.size.n_products * BYTES_A_PRODUCT)


def warehouse(rules: Rules, past: Past) -> dict[str, pa.Table]:
    """The company's tables after a past."""
    return {
        "products": products_table(rules.making, past.state),
        "queries": rules.queries,
        "shoppers": shoppers_table(past.state.shoppers),
        "searches": past.searches,
    }


def read_world(directory: str | Path, *, check: bool = False) -> dict[str, pa.Table]:
    """The company's tables from disk; with `check`, after verifying all checksums.

    Raises
    ------
    BrokenWorld
        if the directory has no valid manifest or a file differs from it
    """
    manifest = FORM.verify(directory) if check else FORM.manifest(directory)
    return {name: FORM.table(directory, manifest, name) for name in SCHEMA}


def read_past(directory: Path) -> Past:
    """A past from disk, from which a policy can go live."""
    manifest = FORM.manifest(directory)
    return Past(
        searches=FORM.table(directory, manifest, "searches"),
        truth=FORM.table(directory, manifest, "truth"),
        state=read_record(directory / "state", State),
    )


def cached(
    world: SearchWorld, root: Path, days: int, progress: Progress | None
) -> Past:
    """The past under `root`, lived and written first if it is not there."""
    directory = root / cache_name("search", world.scale, parameters(world, days))
    if not (directory / MANIFEST).exists():
        with suppress(FileExistsError):  # another process was first
            write(world, directory, days, world.past(days, progress))
    return read_past(directory)
