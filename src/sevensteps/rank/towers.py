"""Two towers: users and items as vectors whose product says who will choose what.

A user has one vector or several, each made by its own attention over the items chosen
last (Cen et al., 2020). The same functions train in JAX and serve in NumPy.

An item's *side* holds "content" (..., C), "dense" (..., d) and "codes", a table of
(...) integers by name. A user's side holds "codes" (n,) likewise, "there" (n, L) bool,
whether there is such an item among the last ones, "strength" (n, L), how much it was
liked, and "warm" (n, 1), how much is known at all. Codes of one name share a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .mlp import Floats, Weights, begin_layers, mlp, unit

Side = dict[str, Any]
Codes = Mapping[str, NDArray[np.integer]]
Ids = NDArray[np.int32]
SMALL = 256  # rows of a table that are read by a product, whose slope is one, too


@dataclass(frozen=True, slots=True)
class TowerPlan:
    """How the towers are built and trained.

    Attributes
    ----------
    heads : vectors of a user
    out, inner : width of the vectors, and of the layer before them
    buckets : codes with very many values are taken modulo this number
    batch, epochs, rate : of Adam
    log_q : correct the negatives for how often they are drawn
    even : negatives drawn evenly from all items, for each batch
    hard : log-odds by which an item passed over weighs more than a drawn negative
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


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen, each beside what was known before; arrays of one length.

    Attributes
    ----------
    user, item : (n,) int32
    day : (n,) float32            of the choice
    weight : (n,) float32         what it counts
    codes : (n,) int by name      of the user
    last : (n, L) int32           items chosen before that day, -1 for none
    strength : (n, L) float32     how much each was liked
    passed : (n, H) int32         items seen beside it and not chosen, -1 for none
    """

    user: Ids
    item: Ids
    day: Floats
    weight: Floats
    codes: Codes
    last: Ids
    strength: Floats
    passed: Ids

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: NDArray[np.intp]) -> Choices:
        """Some of them."""
        plain = {k: getattr(self, k)[rows] for k in self.__slots__ if k != "codes"}
        codes = {name: code[rows] for name, code in self.codes.items()}
        return Choices(**plain, codes=codes)


def joined(parts: Sequence[Choices]) -> Choices:
    """One after another; their codes have the same names."""
    plain = {
        k: np.concatenate([getattr(part, k) for part in parts])
        for k in Choices.__slots__
        if k != "codes"
    }
    names = parts[0].codes
    codes = {k: np.concatenate([part.codes[k] for part in parts]) for k in names}
    return Choices(**plain, codes=codes)


def user_side(codes: Codes, last: Ids, strength: Floats) -> Side:
    """What the user tower is told beside the vectors of the last items."""
    there = last >= 0
    return {
        "codes": dict(codes),
        "there": there,
        "strength": strength,
        "warm": np.log1p(there.sum(axis=1, keepdims=True)).astype(np.float32),
    }


def begin_towers(
    plan: TowerPlan,
    n_content: int,
    n_dense: int,
    tables: Mapping[str, tuple[int, int]],
    of_item: tuple[str, ...],
    of_user: tuple[str, ...],
) -> Weights:
    """Small random weights.

    Parameters
    ----------
    n_content, n_dense : numbers of an item; its vector begins as its content
    tables : rows and width of each code's table
    of_item, of_user : names of the codes that each has
    """
    rng = np.random.default_rng([plan.seed, 12])
    made = {name: 0.1 * rng.standard_normal(size) for name, size in tables.items()}
    item = n_content + n_dense + sum(tables[name][1] for name in of_item)
    user = plan.out + 1 + sum(tables[name][1] for name in of_user)

    def layers(n_in: int, n_out: int, last: float) -> list[Weights]:
        return begin_layers(rng, [n_in, plan.inner, n_out], gain=1, last=last)

    return {
        "tables": made,
        "content": np.eye(n_content, plan.out),
        "item": layers(item, plan.out, 0.3),
        "attention": layers(plan.out + 1, plan.heads, 1.0),
        "user": layers(user, plan.out, 0.3),
        "warmth": np.asarray(2.5),
    }


def item_vectors(weights: Weights, side: Side, xp: Any = np) -> Any:
    """(..., out) of unit length; `xp` is NumPy, or `jax.numpy` in training."""
    x = [side["content"], side["dense"], *_embedded(weights, side["codes"], xp)]
    content = side["content"] @ weights["content"]
    return unit(content + mlp(weights["item"], xp.concatenate(x, -1), xp), xp)


def user_vectors(weights: Weights, side: Side, seen: Any, xp: Any = np) -> Any:
    """(n, heads, out) of unit length, from (n, L, out) vectors of the last items."""
    there = side["there"][..., None]
    look = mlp(
        weights["attention"],
        xp.concatenate([seen, side["strength"][..., None]], -1),
        xp,
    )
    look = xp.where(there, look, -1e9)
    look = xp.exp(look - look.max(axis=1, keepdims=True)) * there
    look = look / xp.maximum(look.sum(axis=1, keepdims=True), 1e-9)
    pooled = xp.swapaxes(look, 1, 2) @ seen
    own = xp.concatenate([*_embedded(weights, side["codes"], xp), side["warm"]], -1)
    own = xp.broadcast_to(own[:, None], (*pooled.shape[:2], own.shape[-1]))
    told = xp.concatenate([pooled, own], -1)
    return unit(pooled + mlp(weights["user"], told, xp), xp)


def _embedded(weights: Weights, codes: Side, xp: Any) -> list[Any]:
    """By name, since a compiler sorts the names that it is given."""
    tables = weights["tables"]
    return [_rows(tables[name], codes[name], xp) for name in sorted(codes)]


def _rows(table: Any, code: Any, xp: Any) -> Any:
    if xp is np or len(table) > SMALL:
        return table[code]
    return (code[..., None] == xp.arange(len(table))).astype(table.dtype) @ table
