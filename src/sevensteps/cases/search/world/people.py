"""Shoppers: what they look at, what they like, what they are used to pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.world import stream
from sevensteps.world.arrays import unit

from .brands import LOOK
from .records import Floats, Ids
from .rng import SHOPPERS
from .schema import DAY

ON_PHONE = 0.6
_MEAN_AGE_DAYS = 300


@dataclass(frozen=True, slots=True)
class Shoppers:
    """People; arrays of one length.

    Attributes
    ----------
    device : (n,) int8            0 desktop, 1 phone
    joined_at : (n,) int32
    taste : (n, LOOK) float32     of unit length
    purse : (n,) float32          the tier of prices they are used to
    eager : (n,) float32          visits, relative to others
    """

    device: NDArray[np.int8]
    joined_at: Ids
    taste: Floats
    purse: Floats
    eager: Floats

    def __len__(self) -> int:
        return len(self.device)

    @classmethod
    def drawn(cls, joined_at: Ids, rng: np.random.Generator) -> Shoppers:
        """One shopper for each time of joining."""
        n = len(joined_at)
        return cls(
            device=(rng.random(n) < ON_PHONE).astype(np.int8),
            joined_at=joined_at,
            taste=unit(rng.standard_normal((n, LOOK))).astype(np.float32),
            purse=(0.8 * rng.standard_normal(n) - 0.2).astype(np.float32),
            eager=rng.lognormal(0, 0.7, n).astype(np.float32),
        )


def first_shoppers(n: int, seed: int) -> Shoppers:
    """Everybody who had bought or looked before the first day."""
    rng = stream(seed, SHOPPERS)
    age = rng.exponential(_MEAN_AGE_DAYS, n) * DAY
    return Shoppers.drawn((-age).astype(np.int32), rng)


def joiners(n: int, seed: int, day: int) -> Shoppers:
    """The day's new shoppers: a pure function of seed and day."""
    at = np.full(n, day * DAY, np.int32)
    return Shoppers.drawn(at, stream(seed, SHOPPERS, 1 + day))
