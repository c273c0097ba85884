"""Somebody who puts things into words: a seller, or a shopper, who may mistype."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .catalogue import Making, Traits
from .records import Ids

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR = {
    letter: (row[max(0, i - 1) : i] + row[i + 1 : i + 2])
    for row in _ROWS
    for i, letter in enumerate(row)
}


def spoken(phrases: pa.Array, code: NDArray[np.integer[Any]]) -> pa.Array:
    """(n,) the phrase of each code; null where it is -1."""
    return phrases.take(pa.array(code, mask=code < 0))


def phrased(template: str, said: Mapping[str, pa.Array]) -> pa.Array:
    """(n,) texts: the template with what is said in the place of its names.

    A name `{so}` vanishes where nothing is said, and takes along all words between the
    brackets around it: "{colour} {kind} [with {feature}]".
    """
    parts = []
    for group, alone in re.findall(r"\[(.+?)\]|(\S+)", template):
        words = (group or alone).split()
        told = [said[word[1:-1]] if word[0] == "{" else word for word in words]
        parts.append(joined(*told, nulls="emit_null"))
    return joined(*parts, nulls="skip")


def joined(*parts: pa.Array | str, nulls: str) -> pa.Array:
    """Words one after another with spaces."""
    return pc.binary_join_element_wise(*parts, " ", null_handling=nulls)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things, each in one of its wordings; draws as it goes."""

    making: Making
    rng: np.random.Generator
    n: int  # texts that are written side by side
    usual: float  # share of speakers who take the first wording

    def say(self, what: str, thing: Ids, told: float = 1.0) -> pa.Array:
        """(n,) a wording each; null where there is none, or where it is not told."""
        u = self.rng.random((2, self.n))
        thing = np.where(u[1] < told, thing, -1)
        words = self.making.words
        code = getattr(words, what).pick(thing, u[0], self.usual)
        return spoken(words.phrases, code)

    def tell(self, traits: Traits, rates: Mapping[str, float]) -> dict[str, pa.Array]:
        """Names of makers and series, and what else is told, at which rates."""
        said = {n: self.say(n, getattr(traits, n), rate) for n, rate in rates.items()}
        brands, line = self.making.brands, traits.line
        named = np.where(line >= 0, brands.named(line), -1)
        said["brand"] = spoken(brands.name, traits.brand)
        said["line"] = spoken(brands.line_name, named)
        return said

    def written(
        self, templates: Sequence[str], said: Mapping[str, pa.Array]
    ) -> pa.Array:
        """(n,) texts, each after one of the templates."""
        texts = pa.concat_arrays([phrased(one, said) for one in templates])
        place = self.pattern(len(templates)) * self.n + np.arange(self.n)
        return texts.take(pa.array(place))

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
