"""What fingers do to words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR = {
    letter: (row[max(0, i - 1) : i] + row[i + 1 : i + 2])
    for row in _ROWS
    for i, letter in enumerate(row)
}


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
