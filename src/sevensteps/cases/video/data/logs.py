"""A reader's own log of who watched what, when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from sevensteps.data.checks import BadTable, TableSpec, finite, key
from sevensteps.data.loading import load

FEWEST = 1_000  # interactions that a trial needs
SPEC = TableSpec(
    main="impressions",
    required={"impressions": ("user_id", "video_id", "at"), "videos": ("video_id",)},
    optional={
        "impressions": ("clicked", "watched_s", "liked", "rating"),
        "videos": ("topic", "creator_id", "length_s"),
    },
    numbers=frozenset(["watched_s", "rating", "length_s"]),
    times=frozenset(["at"]),
    flags=frozenset(["clicked", "liked"]),
    schemas={
        "impressions": pa.DataFrameSchema(
            {
                "user_id": key(),
                "video_id": key(),
                "at": pa.Column(nullable=False),
                "watched_s": finite(positive=True),
                "rating": finite(),
            }
        ),
        "videos": pa.DataFrameSchema(
            {"video_id": key(unique=True), "length_s": finite(positive=True)}
        ),
    },
    extra={},
)


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity, for caches
class Log:
    """Who took what, when; ids are dense, rows in order of time.

    Attributes
    ----------
    user, item : (n,) int32
    seconds : (n,) float64    since the first row
    topic : (items,) int32    -1 where it is not known
    n_users, n_items : int
    n_passed : int            rows that were shown and not clicked, left out
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    seconds: NDArray[np.float64]
    topic: NDArray[np.int32]
    n_users: int
    n_items: int
    n_passed: int = 0

    def __len__(self) -> int:
        return len(self.user)

    def between(self, low: float, high: float) -> Log:
        """Rows after `low` and not after `high`, in seconds."""
        return self.rows((self.seconds > low) & (self.seconds <= high))

    def rows(self, keep: NDArray[np.bool_]) -> Log:
        """Some of the rows; users and items stay as they are."""
        ids = self.user[keep], self.item[keep], self.seconds[keep]
        return Log(*ids, self.topic, self.n_users, self.n_items)

    def latest(self, n: int) -> Log:
        """The last `n` rows, users and items numbered anew."""
        user, _ = pd.factorize(self.user[-n:])
        item, kept = pd.factorize(self.item[-n:])
        return Log(
            user=user.astype(np.int32),
            item=item.astype(np.int32),
            seconds=self.seconds[-n:],
            topic=self.topic[kept],
            n_users=int(user.max()) + 1,
            n_items=len(kept),
            n_passed=self.n_passed,
        )


@lru_cache(maxsize=3)
def held(log: Log) -> sp.csr_matrix:
    """(users, items) of ones where a user took an item."""
    ones = np.ones(len(log), np.float32)
    shape = (log.n_users, log.n_items)
    made = sp.csr_matrix((ones, (log.user, log.item)), shape=shape)
    made.sum_duplicates()
    made.data[:] = 1
    return made


def read_log(directory: Path | str) -> Log:
    """Read `impressions` (and, if there, `videos`) from Parquet or CSV.

    Needed are user_id, video_id and at. A row counts as watched unless `clicked` is
    there and says no. Ids may be of any type; other names go into `columns.toml`.

    Raises
    ------
    FileNotFoundError         if there is no directory or no impressions table
    BadTable                  (a ValueError) names table, column and row of a fault
    """
    frames, _ = load(SPEC, directory)
    rows = frames["impressions"]
    if "clicked" in rows:
        rows = rows[rows["clicked"] == 1]
    if len(rows) < FEWEST:
        raise BadTable(
            f"impressions has {len(rows):,} interactions; a trial needs {FEWEST:,}"
        )
    rows = rows.sort_values("at", kind="stable")
    user, _ = pd.factorize(rows["user_id"])
    item, items = pd.factorize(rows["video_id"])
    return Log(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        seconds=_seconds(rows["at"]),
        topic=_topics(frames.get("videos"), items),
        n_users=int(user.max()) + 1,
        n_items=len(items),
        n_passed=len(frames["impressions"]) - len(rows),
    )


def _seconds(at: pd.Series) -> NDArray[np.float64]:
    since = at - at.iloc[0]
    if pd.api.types.is_timedelta64_dtype(since):
        since = since / pd.Timedelta(seconds=1)
    return since.to_numpy(np.float64)


def _topics(videos: pd.DataFrame | None, items: pd.Index) -> NDArray[np.int32]:
    if videos is None or "topic" not in videos:
        return np.full(len(items), -1, np.int32)
    told = videos.set_index("video_id")["topic"].reindex(items)
    return pd.factorize(told)[0].astype(np.int32)
