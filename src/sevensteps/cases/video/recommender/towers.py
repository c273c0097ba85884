"""Two towers over this company's videos and viewers, as a service runs them."""

from dataclasses import dataclass

import numpy as np

from sevensteps.rank import TowerPlan, item_vectors, user_vectors
from sevensteps.rank.mlp import Weights
from sevensteps.rank.towers import Side, user_side
from sevensteps.world.arrays import chunks

from .items import Floats, Ids, Items, Viewers
from .known import Known

CHUNK = 1 << 14  # videos at a time, so that they stay in the cache
USERS = 1 << 10  # each brings its latest clicks


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

    def items(self, items: Items, day: float) -> Floats:
        """(n, out) vectors of all videos, of unit length, as they are on a day."""
        rows = np.arange(len(items), dtype=np.int32)
        made = np.empty((len(items), self.plan.out), np.float32)
        for some in chunks(len(items), CHUNK):
            side = item_side(items, rows[some], day, self.plan.buckets)
            made[some] = item_vectors(self.weights, side)
        return made

    def of_users(
        self, known: Known, viewers: Viewers, vector: Floats, user: Ids
    ) -> Floats:
        """(n, heads, out) vectors of users, given the vectors of all videos."""
        made = np.empty((len(user), self.plan.heads, self.plan.out), np.float32)
        for some in chunks(len(user), USERS):
            ids = user[some]
            last, share = known.last[ids], known.last_share[ids]
            side = user_side({"language": viewers.language[ids]}, last, share)
            seen = vector[np.maximum(last, 0)]
            made[some] = user_vectors(self.weights, side, seen)
        return made
