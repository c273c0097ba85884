"""Two towers over this company's videos and viewers, as a service runs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sevensteps.rank.mlp import Weights
from sevensteps.rank.towers import (
    Side,
    TowerPlan,
    item_vectors,
    user_side,
    user_vectors,
)

from .items import Floats, Ids, Items, Viewers
from .known import Known

CHUNK = 1 << 14  # rows at a time, so that they stay in the cache


def item_side(items: Items, rows: Ids, day: Floats | float, buckets: int) -> Side:
    """What the item tower is told of some videos on a day; any shape of rows."""
    age = np.log1p(np.maximum(day - items.born[rows], 0))
    dense = np.stack([np.log(items.length_s[rows]) - 5.5, (age - 4) / 2], axis=-1)
    return {
        "content": items.content[rows],
        "dense": dense.astype(np.float32),
        "codes": {
            "language": items.language[rows],
            "topic": items.topic[rows],
            "creator": items.creator[rows] % buckets,
        },
    }


@dataclass(frozen=True, slots=True)
class Towers:
    """Trained towers."""

    plan: TowerPlan
    weights: Weights

    def items(self, items: Items, day: float, rows: Ids | None = None) -> Floats:
        """(n, out) vectors of videos, of unit length, as they are on a day."""
        rows = np.arange(len(items), dtype=np.int32) if rows is None else rows
        made = np.empty((len(rows), self.plan.out), np.float32)
        for first in range(0, len(rows), CHUNK):
            some = rows[first : first + CHUNK]
            side = item_side(items, some, day, self.plan.buckets)
            made[first : first + CHUNK] = item_vectors(self.weights, side)
        return made

    def of_users(
        self, known: Known, viewers: Viewers, vector: Floats, user: Ids
    ) -> Floats:
        """(n, heads, out) vectors of users, given the vectors of all videos."""
        made = np.empty((len(user), self.plan.heads, self.plan.out), np.float32)
        for first in range(0, len(user), CHUNK // 16):
            some = user[first : first + CHUNK // 16]
            last, share = known.last[some], known.last_share[some]
            side = user_side({"language": viewers.language[some]}, last, share)
            seen = vector[np.maximum(last, 0)]
            made[first : first + CHUNK // 16] = user_vectors(self.weights, side, seen)
        return made
