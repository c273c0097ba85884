"""Makers, and what they call their series."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import stream
from sevensteps.world.arrays import unit

from .phrases import Grammar
from .records import Floats, Ids
from .rng import BRANDS

LOOK = 6  # dimensions of taste
LINES = 3  # series that a brand has of one kind
KINDS = 1_024  # kinds that the number of a series has room for
N_LINE_NAMES = 400
# Invented names: syllables that no lexicon word is made of.
_FIRST = (
    "vel",
    "dra",
    "os",
    "kin",
    "mu",
    "tra",
    "ze",
    "ald",
    "ruo",
    "fen",
    "ib",
    "qua",
)
_SECOND = ("vo", "nda", "ski", "lu", "mbra", "tti", "gro", "xe", "pha", "ri")
_LAST = ("ro", "nex", "lia", "dt", "mo", "sk", "va", "quist", "ze", "nor", "um", "ya")


@dataclass(frozen=True, slots=True)
class Brands:
    """Makers; arrays of one length.

    Attributes
    ----------
    name : pa.Array           of strings
    line_name : pa.Array      what series are called, shared by all brands
    department : (n,) int32   what it mostly makes
    prestige : (n,) float32   moves prices and qualities
    look : (n, LOOK) float32  of unit length
    weight : (n,) float64     products, relative to other brands
    """

    name: pa.Array
    line_name: pa.Array
    department: Ids
    prestige: Floats
    look: Floats
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.name)

    @classmethod
    def of(cls, words: Grammar, n: int, seed: int) -> Brands:
        """All makers of a world."""
        if len(words.demand) > KINDS:
            raise ValueError(f"a lexicon may have {KINDS:,} kinds, or raise KINDS")
        rng = stream(seed, BRANDS)
        names = ["".join(parts) for parts in product(_FIRST, _SECOND, _LAST)]
        if n + N_LINE_NAMES > len(names):  # then the rest gets a second word
            names += [f"{a} {b}" for a, b in product(names, ("works", "house", "lab"))]
        drawn = rng.permutation(len(names))[: n + N_LINE_NAMES]
        chosen = pa.array(names).take(pa.array(drawn))
        return cls(
            name=chosen.slice(0, n),
            line_name=chosen.slice(n),
            department=rng.integers(0, len(words.words.departments), n).astype("i4"),
            prestige=rng.standard_normal(n, dtype=np.float32),
            look=unit(rng.standard_normal((n, LOOK))).astype(np.float32),
            weight=rng.lognormal(0, 1, n),
        )

    def line(self, brand: Ids, kind: Ids, nth: Ids) -> Ids:
        """The number of a series: of this brand, among this kind."""
        return ((brand.astype(np.int64) * KINDS + kind) * LINES + nth).astype(np.int32)

    def named(self, line: Ids) -> Ids:
        """The code of a series' name."""
        mixed = line.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return ((mixed >> np.uint64(40)) % np.uint64(N_LINE_NAMES)).astype(np.int32)

    def draw(
        self, department: Ids, u: NDArray[np.floating], v: NDArray[np.floating]
    ) -> Ids:
        """(n,) a maker for each product: four in five of its own department."""
        order = np.argsort(self.department, kind="stable").astype(np.int32)
        upto = np.cumsum(self.weight[order])
        last = department.max(initial=-1)
        end = np.searchsorted(self.department[order], np.arange(last + 1), "right")
        total = np.concatenate([[0.0], upto[np.maximum(end - 1, 0)] * (end > 0)])
        low, high = total[department], total[department + 1]
        elsewhere = (v > 0.8) | (high <= low)
        at = np.where(elsewhere, u * upto[-1], low + u * (high - low))
        return order[np.minimum(np.searchsorted(upto, at, "right"), len(order) - 1)]
