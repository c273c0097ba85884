"""Two towers: users and videos as vectors whose product says who will watch what.

A user has one vector or several, each made by its own attention over the latest
clicks (Cen et al., 2020). Here is what a service runs, in plain NumPy; the training is
in `tower_training`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from .items import Floats, Ids, Items, Viewers
from .known import Known

Weights = dict[str, Any]
Batch = dict[str, Any]
CHUNK = 1 << 14  # rows at a time, so that they stay in the cache


@dataclass(frozen=True, slots=True)
class Plan:
    """How the towers are built and trained.

    Attributes
    ----------
    heads : vectors of a user
    out, inner : width of the vectors, and of the layer before them
    buckets : creators are taken modulo this number
    batch, epochs, rate : of Adam
    log_q : correct the negatives for how often they are drawn
    even : negatives drawn evenly from all videos, for each batch
    hard : log-odds by which a video passed over weighs more than a drawn negative
    """

    heads: int = 1
    out: int = 32
    inner: int = 64
    buckets: int = 4_096
    batch: int = 512
    epochs: int = 2
    rate: float = 3e-3
    log_q: bool = False
    even: int = 0
    hard: float = 3.0
    seed: int = 0


def item_side(items: Items, rows: Ids, day: Floats | float, buckets: int) -> Batch:
    """What the item tower is told of some videos on a day; any shape of rows."""
    age = np.log1p(np.maximum(day - items.born[rows], 0))
    dense = [
        items.content[rows],
        np.log(items.length_s[rows])[..., None] - 5.5,
        (age[..., None] - 4) / 2,
    ]
    return {
        "dense": np.concatenate(dense, axis=-1).astype(np.float32),
        "language": items.language[rows],
        "topic": items.topic[rows],
        "creator": items.creator[rows] % buckets,
    }


def user_side(language: NDArray[np.int16], last: Ids, share: Floats) -> Batch:
    """What the user tower is told beside the vectors of the latest clicks."""
    there = last >= 0
    warm = np.log1p(there.sum(axis=1, keepdims=True)).astype(np.float32)
    return {"there": there, "share": share, "language": language, "warm": warm}


@dataclass(frozen=True, slots=True)
class Towers:
    """Trained towers."""

    plan: Plan
    weights: Weights

    def items(self, items: Items, day: float, rows: Ids | None = None) -> Floats:
        """(n, out) vectors of videos, of unit length, as they are on a day."""
        rows = np.arange(len(items), dtype=np.int32) if rows is None else rows
        made = np.empty((len(rows), self.plan.out), np.float32)
        for first in range(0, len(rows), CHUNK):
            some = rows[first : first + CHUNK]
            side = item_side(items, some, day, self.plan.buckets)
            made[first : first + CHUNK] = self._item(side)
        return made

    def _item(self, side: Batch) -> Floats:
        w = self.weights
        tables = [w[name][side[name]] for name in ("language", "topic", "creator")]
        x = np.concatenate([side["dense"], *tables], axis=1)
        content = side["dense"][:, : len(w["content"])] @ w["content"]
        return unit(content + dense(w["item"], x))

    def of_users(
        self, known: Known, viewers: Viewers, vector: Floats, user: Ids
    ) -> Floats:
        """(n, heads, out) vectors of users, given the vectors of all videos."""
        made = np.empty((len(user), self.plan.heads, self.plan.out), np.float32)
        for first in range(0, len(user), CHUNK // 16):
            some = user[first : first + CHUNK // 16]
            last, share = known.last[some], known.last_share[some]
            side = user_side(viewers.language[some], last, share)
            seen = vector[np.maximum(last, 0)]
            made[first : first + CHUNK // 16] = self._user(side, seen)
        return made

    def _user(self, side: Batch, seen: Floats) -> Floats:
        w, there = self.weights, side["there"][..., None]
        look = dense(w["look"], np.concatenate([seen, side["share"][..., None]], -1))
        look = softmax(np.where(there, look, np.float32(-1e9)), axis=1) * there
        pooled = look.transpose(0, 2, 1) @ seen
        own = np.concatenate([w["language"][side["language"]], side["warm"]], axis=1)
        own = np.broadcast_to(own[:, None], (*pooled.shape[:2], own.shape[1]))
        return unit(pooled + dense(w["user"], np.concatenate([pooled, own], -1)))


def dense(layers: list[Weights], x: Floats) -> Floats:
    """Layers with a rectifier between each two."""
    for at, layer in enumerate(layers):
        x = x @ layer["w"] + layer["b"]
        if at + 1 < len(layers):
            x = np.maximum(x, 0)
    return x


def unit(x: Floats) -> Floats:
    """Each vector to length one."""
    return np.asarray(x / np.sqrt((x * x).sum(-1, keepdims=True) + np.float32(1e-8)))
