"""What breaks inside the company: vectors that grow old, towers that do not match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sevensteps.cases.video.recommender.items import Floats, Items
from sevensteps.cases.video.recommender.towers import Towers


@dataclass(frozen=True, slots=True)
class RareRebuild:
    """An index that from a day on is rebuilt every so many days only.

    Between two builds ages stand still, and a video uploaded since has no vector: the
    search does not find it.
    """

    towers: Towers
    every: int
    first: int = 0

    def __call__(self, items: Items, day: float) -> Floats:
        """(items, d) vectors as of the latest build; zero for what came later."""
        built = day
        if day >= self.first:
            built = self.first + (day - self.first) // self.every * self.every
        vector = self.towers.items(items, built)
        vector[items.born > built] = 0
        return vector


@dataclass(frozen=True, slots=True)
class SkewedIndex:
    """An index that from a day on holds another training's vectors.

    People's vectors come from the old towers. Nothing fails, and the nearest videos
    are anybody's.
    """

    towers: Towers
    other: Towers
    first: int

    def __call__(self, items: Items, day: float) -> Floats:
        """(items, d) vectors, of unit length all the time."""
        return (self.towers if day < self.first else self.other).items(items, day)


@dataclass(frozen=True, slots=True)
class SilentInput:
    """An input that from a day on arrives as zero.

    Parameters
    ----------
    column : of the ranker's inputs
    """

    column: int
    first: int

    def __call__(self, x: Floats, day: int) -> Floats:
        """(n, inputs) as they arrive."""
        if day < self.first:
            return x
        broken = np.array(x)
        broken[:, self.column] = 0
        return broken
