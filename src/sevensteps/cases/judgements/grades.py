"""Judgements as numbers: from words, from scales that begin at one, from below zero."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sevensteps.features.checks import BadTable, faults

ESCI: Mapping[str, float] = MappingProxyType({"e": 1.0, "s": 0.1, "c": 0.01, "i": 0.0})
WORDS: Mapping[str, float] = MappingProxyType(
    {
        word: grade
        for grade, words in (
            (4.0, "perfect"),
            (3.0, "excellent, perfectly relevant"),
            (2.0, "exact, good, highly relevant, very relevant"),
            (1.0, "partial, fair, relevant, related, true, yes, somewhat relevant"),
            (1.0, "partially relevant, partly relevant, marginally relevant"),
            (
                0.0,
                "irrelevant, bad, not relevant, nonrelevant, non relevant, unrelated",
            ),
            (0.0, "not at all relevant, off topic, false, no"),
        )
        for word in words.split(", ")
    }
)
NONE = frozenset({"", "na", "n/a", "nan", "null", "none"})  # a grade that is missing
NUMBER = r"^(-?\d+(?:[.,]\d+)?)\s*(?:%|[-:=(]\s*[a-z].*)?$"  # "0,5", "50%", "2 - good"
HIGHEST = 1e6
LONG_ESCI: Mapping[str, float] = MappingProxyType(
    {"exact": 1.0, "substitute": 0.1, "complement": 0.01, "irrelevant": 0.0}
)


def graded(
    judgements: pd.DataFrame, *, from_zero: bool
) -> tuple[np.ndarray, list[str]]:
    """Grades as numbers of which higher is better and 0 is not relevant, and notes.

    Parameters
    ----------
    judgements : (n,) grade as text, and the file and place there of each, from 0
    from_zero : 0 is known to mean not relevant, so a scale that begins at 1 has none

    Raises
    ------
    BadTable          a grade that is neither a number nor a known word, by its row
    """
    words = judgements["grade"].str.strip().str.lower()
    said = words.str.replace(r"[-_\s]+", " ", regex=True)
    values = set(said.unique())
    if values <= set(ESCI):
        gains = "gains E 1, S .1, C .01, I 0"
        return said.map(dict(ESCI)).to_numpy(np.float64), [gains]
    if values <= set(LONG_ESCI) and values & {"substitute", "complement"}:
        gains = "gains exact 1, substitute .1, complement .01, irrelevant 0"
        return said.map(dict(LONG_ESCI)).to_numpy(np.float64), [gains]
    if values <= set(WORDS):
        known = sorted(((WORDS[v], v) for v in values), reverse=True)
        note = "grades " + ", ".join(f"{v} {grade:g}" for grade, v in known)
        return said.map(dict(WORDS)).to_numpy(np.float64), [note]
    return _scaled(_numbers(judgements, words, said.isin(WORDS)), from_zero)


def _numbers(
    judgements: pd.DataFrame, words: pd.Series, known: pd.Series
) -> NDArray[np.float64]:
    """What the grades say as numbers, if all are some."""
    inside = words.str.extract(NUMBER, expand=False).str.replace(",", ".")
    plain = pd.to_numeric(words, errors="coerce")
    numbers = plain.fillna(pd.to_numeric(inside, errors="coerce")).to_numpy(np.float64)
    bad = ~(np.abs(numbers) < HIGHEST)
    if (wrong := bad & ~known).any():
        raise _faulty(judgements[wrong])
    if bad.any():
        word, number = (judgements["grade"][mask].iloc[0] for mask in (bad, ~bad))
        raise BadTable(
            f"some grades are words, such as {word!r}, and some are numbers, such as "
            f"{number!r}: write all of them in one way"
        )
    return numbers


def _faulty(wrong: pd.DataFrame) -> BadTable:
    """The rows of the first file that has some."""
    name = wrong["file"].iloc[0]
    here = wrong[wrong["file"] == name].sort_values("place")
    why = "is no grade: give a number, or a word such as exact, partial, irrelevant"
    told = zip(here["place"], here["grade"], strict=True)
    return faults(name, "grade", [(int(at), f"{said!r} {why}") for at, said in told])


def _scaled(numbers: np.ndarray, from_zero: bool) -> tuple[np.ndarray, list[str]]:
    notes = []
    if (numbers < 0).any():
        notes.append(f"{(numbers < 0).sum():,} grades below 0 count as 0")
        numbers = np.maximum(numbers, 0)
    lowest, levels = numbers.min(), len(np.unique(numbers))
    if lowest > 0 and levels > 2 and not from_zero:
        notes.append(f"the lowest grade, {lowest:g}, is taken as not relevant: 0 here")
        numbers = numbers - lowest
    if numbers.max() <= 0:
        raise BadTable(
            "no judgement says that a document is relevant: all are 0 or less"
        )
    if levels == 1:
        notes.append(f"every judgement has grade {lowest:g}: each says relevant")
    elif levels > 2 or numbers.max() != 1:
        notes.append(
            f"grades from {numbers.min():g} to {numbers.max():g}: higher is better, "
            "and each is its own gain"
        )
    return numbers, notes
