"""Somebody who puts things into words: a seller, or a shopper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .catalogue import Making
from .phrases import Wordings
from .records import Ids
from .text import spoken


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things, each in one of its wordings; draws as it goes.

    Attributes
    ----------
    n : texts that are written side by side
    usual : share of speakers who take the first wording
    """

    making: Making
    rng: np.random.Generator
    n: int
    usual: float

    def say(self, wordings: Wordings, thing: Ids, told: float = 1.0) -> pa.Array:
        """(n,) a wording each; null where there is none, or where it is not told."""
        u = self.rng.random((2, self.n))
        thing = np.where(u[1] < told, thing, -1)
        code = wordings.pick(thing, u[0], self.usual)
        return spoken(self.making.words.phrases, code)

    def brand(self, brand: Ids) -> pa.Array:
        """(n,) names of makers; null where there is none."""
        return spoken(self.making.brands.name, brand)

    def line(self, line: Ids) -> pa.Array:
        """(n,) names of series; null where there is none."""
        brands = self.making.brands
        return spoken(brands.line_name, np.where(line >= 0, brands.named(line), -1))

    def pattern(self, n: int) -> NDArray[np.int64]:
        """(n,) which of some patterns each follows."""
        return self.rng.integers(0, n, self.n)
