"""Writing a payments world to disk, a day at a time, and keeping it there."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sevensteps.world.disk import MANIFEST, Progress, Shelf, cache_name, shelved

from .records import History
from .shelf import FORM, read_world
from .tables import cardholders, cards, merchants
from .truth import theft_spans, truth_table

if TYPE_CHECKING:
    from .world import PaymentsWorld

GENERATOR = 2  # raised whenever the same parameters draw other payments
BYTES_A_ROW = 50  # payments and truth on disk, rounded up


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
    rows = days * world.size.n_cardholders * world.size.payments_a_day
    with shelved(directory, int(rows * BYTES_A_ROW)) as shelf:
        _write_days(world, shelf, days, progress)
        for name, make in {
            "cardholders": cardholders,
            "cards": cards,
            "merchants": merchants,
        }.items():
            shelf.put(name, f"{name}.parquet", make(world.people))
        shelf.close(FORM, parameters(world, days))
    return directory


def _write_days(
    world: "PaymentsWorld", shelf: Shelf, days: int, progress: Progress | None
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


def cached(
    world: "PaymentsWorld", root: Path, days: int, progress: Progress | None
) -> History:
    """The history under `root`, written first if it is not there."""
    directory = root / cache_name("payments", world.scale, parameters(world, days))
    if not (directory / MANIFEST).exists():
        with suppress(FileExistsError):  # another process was first
            write(world, directory, days, progress)
    return read_world(directory)
