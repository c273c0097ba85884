"""Somebody who puts things into words: a seller, or a shopper, who may mistype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .catalogue import Making
from .phrases import Wordings
from .records import Ids

Part = Any  # an array of strings, or one string for all
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR = {
    letter: (row[max(0, i - 1) : i] + row[i + 1 : i + 2])
    for row in _ROWS
    for i, letter in enumerate(row)
}


def spoken(phrases: pa.Array, code: NDArray[np.integer[Any]]) -> pa.Array:
    """(n,) the phrase of each code; null where it is -1."""
    return phrases.take(pa.array(code, mask=code < 0))


def joined(*parts: Part) -> pa.Array:
    """Words one after another with spaces; absent ones are left out."""
    told = pc.binary_join_element_wise(*parts, " ", null_handling="skip")
    return told.cast(pa.string())


def phrase(*parts: Part) -> pa.Array:
    """The same, but null as soon as one of the parts is absent."""
    return pc.binary_join_element_wise(*parts, " ", null_handling="emit_null")


def by_pattern(pattern: NDArray[np.integer[Any]], written: list[pa.Array]) -> pa.Array:
    """(n,) each row's text out of several versions of all rows."""
    n = len(pattern)
    place = pattern.astype(np.int64) * n + np.arange(n)
    return pa.concat_arrays(written).take(pa.array(place))


def absent(values: pa.Array, where: NDArray[np.bool_]) -> pa.Array:
    """The values, null where `where` holds."""
    return pc.if_else(pa.array(~where), values, pa.scalar(None, values.type))


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


def mistyped(texts: pa.Array, rng: np.random.Generator) -> pa.Array:
    """The texts, each with one error in a word of four letters or more, if it has one.

    A letter is left out (30 %), typed twice (15 %), swapped with the next (25 %) or
    replaced by its neighbour on the keyboard (20 %); or a space is lost (10 %).
    """
    draws = rng.random((len(texts), 3)).tolist()
    told = zip(texts.to_pylist(), draws, strict=True)
    return pa.array([_mistyped(text, *u) for text, u in told], pa.string())


def _mistyped(text: str, what: float, where: float, which: float) -> str:
    words = text.split()
    long = [i for i, word in enumerate(words) if len(word) > 3]
    if not long:
        return text
    if what > 0.9 and len(words) > 1:
        i = int(where * (len(words) - 1))
        return " ".join([*words[:i], words[i] + words[i + 1], *words[i + 2 :]])
    i = long[int(which * len(long))]
    words[i] = _misspelt(words[i], what, where)
    return " ".join(words)


def _misspelt(word: str, what: float, where: float) -> str:
    """One error behind the first letter, where few are made."""
    at = 1 + int(where * (len(word) - 2))
    if what < 0.30:
        return word[:at] + word[at + 1 :]
    if what < 0.45:
        return word[:at] + word[at] + word[at:]
    if what < 0.70:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    near = _NEAR.get(word[at], "")
    letter = near[int(where * 7) % len(near)] if near else ""
    return word[:at] + letter + word[at + 1 :]
