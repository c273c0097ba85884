"""A reader's own log of who took what, when, as the recommender's arrays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.data import BadTable, Column, DataSchema, load

from ..recommender.items import DAY, Events, Floats, Items, Viewers

Ints = NDArray[np.integer]
FEWEST = 1_000  # interactions that an evaluation needs
MOST_ROWS = 5_000_000  # of a log, from its end
MANY_REPEATS = 0.25  # of all rows: then the report says so
_ID = Column("id", required=True)
SCHEMA = DataSchema(
    main="impressions",
    clock="at",
    tables={
        "impressions": {
            "user_id": _ID,
            "video_id": _ID,
            "at": Column("time", required=True),
            "clicked": Column("flag", complete=True),
        },
        "videos": {
            "video_id": Column("id", required=True, unique=True),
            "topic": Column("category"),
            "creator_id": Column("id"),
        },
    },
)


@dataclass(frozen=True, slots=True)
class Log:
    """Who took what, when; ids are dense, rows in order of time."""

    events: Events  # each row a click; of pages, shares and stars nothing is known
    seconds: NDArray[np.float64]  # since the first midnight
    items: Items  # without content; born on the day they first appear
    viewers: Viewers  # of one language; they join on the day they first appear
    notes: tuple[str, ...]  # what was assumed, is missing, or was not used


def read_log(directory: Path | str) -> Log:
    """Read `impressions` (and, if there, `videos`) from Parquet or CSV.

    A row counts as taken unless `clicked` is there and says no.

    Raises a FileNotFoundError if there is no directory or no impressions table; a
    BadTable (a ValueError) names table, column and row of a fault.
    """
    tables = load(SCHEMA, directory)
    rows, notes = tables.frames["impressions"], tables.notes
    if "clicked" in rows:
        taken = rows["clicked"] == 1
        notes.append(f"{(~taken).sum():,} rows that were not clicked are left out")
        rows = rows[taken]
    if len(rows) < FEWEST:
        found = f"impressions has {len(rows):,} interactions"
        raise BadTable(f"{found}; {FEWEST:,} are needed")
    rows = rows.sort_values(["at", "user_id", "video_id"])  # whatever their order
    if len(rows) > MOST_ROWS:
        notes.append(f"only the last {MOST_ROWS:,} of {len(rows):,} rows are used")
        rows = rows.iloc[-MOST_ROWS:]
    again = rows.duplicated(["user_id", "video_id"]).mean()
    if again > MANY_REPEATS:
        notes.append(
            f"{again:.0%} of the rows are repeats; asked for is what a user never had"
        )
    day = (rows["at"] // DAY).to_numpy(np.int32)
    user, _ = pd.factorize(rows["user_id"])
    item, ids = pd.factorize(rows["video_id"])
    same = np.zeros(user.max() + 1, np.int16)
    return Log(
        events=_clicks(user, item, day),
        seconds=rows["at"].to_numpy(),
        items=_items(tables.frames.get("videos"), ids, _first(item, day), notes),
        viewers=Viewers(same, same, same, joined=_first(user, day)),
        notes=tuple(notes),
    )


def _clicks(user: Ints, item: Ints, day: Ints) -> Events:
    """Events that are all clicks, each on a page of its own."""
    no, zero = np.zeros(len(user), bool), np.zeros(len(user), np.int8)
    return Events(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        day=day.astype(np.int32),
        position=zero,
        explored=no,
        clicked=~no,
        liked=no,
        subscribed=no,
        share=np.ones(len(user), np.float32),
        stars=zero,
    )


def _first(key: Ints, day: Ints) -> Floats:
    """The day on which each key first appears; rows are in order of time."""
    return day[np.unique(key, return_index=True)[1]].astype(np.float32)


def _items(
    videos: pd.DataFrame | None, ids: pd.Index, born: Floats, notes: list[str]
) -> Items:
    """Items by what `videos` tells of them; code 0 where it does not."""
    n = len(ids)
    code = {name: np.zeros(n, np.int32) for name in ("topic", "creator_id")}
    for name in code:
        if videos is None or name not in videos:
            notes.append(f"of no item is videos.{name} told: not used")
        else:
            told = videos.set_index("video_id")[name].reindex(ids)
            code[name] = (pd.factorize(told)[0] + 1).astype(np.int32)
    return Items(
        language=np.zeros(n, np.int16),
        topic=code["topic"].astype(np.int16),
        creator=code["creator_id"],
        born=born,
        length_s=np.full(n, 600, np.float32),
        content=np.zeros((n, 0), np.float32),
    )
