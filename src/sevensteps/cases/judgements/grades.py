"""Judgements as numbers: from words, from scales that begin at one, from below zero."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from sevensteps.features.checks import BadTable, faults

ESCI: Mapping[str, float] = MappingProxyType({"e": 1.0, "s": 0.1, "c": 0.01, "i": 0.0})
WORDS: Mapping[str, float] = MappingProxyType(
    {
        "exact": 2.0,
        "perfect": 4.0,
        "excellent": 3.0,
        "good": 2.0,
        "fair": 1.0,
        "bad": 0.0,
        "partial": 1.0,
        "irrelevant": 0.0,
        "relevant": 1.0,
        "not relevant": 0.0,
        "not_relevant": 0.0,
        "nonrelevant": 0.0,
        "non-relevant": 0.0,
        "highly relevant": 2.0,
        "highly_relevant": 2.0,
        "somewhat relevant": 1.0,
        "partially relevant": 1.0,
        "true": 1.0,
        "false": 0.0,
        "yes": 1.0,
        "no": 0.0,
    }
)
LONG_ESCI: Mapping[str, float] = MappingProxyType(
    {"exact": 1.0, "substitute": 0.1, "complement": 0.01, "irrelevant": 0.0}
)


def graded(
    table: str, told: pd.Series, *, from_zero: bool
) -> tuple[np.ndarray, list[str]]:
    """Grades as numbers of which higher is better and 0 is not relevant, and notes.

    Parameters
    ----------
    told : (n,) text
    from_zero : 0 is known to mean not relevant, so a scale that begins at 1 has none

    Raises
    ------
    BadTable          a grade that is neither a number nor a known word, by its row
    """
    words = told.str.strip().str.lower()
    values = set(words.unique())
    for scale, gains in (
        (ESCI, "gains E 1, S .1, C .01, I 0"),
        (LONG_ESCI, "gains exact 1, substitute .1, complement .01, irrelevant 0"),
    ):
        if values <= set(scale) and values & set(list(scale)[1:3]):
            return words.map(dict(scale)).to_numpy(np.float64), [gains]
    if values <= set(WORDS):
        said = sorted(((WORDS[v], v) for v in values), reverse=True)
        note = "grades " + ", ".join(f"{v} {grade:g}" for grade, v in said)
        return words.map(dict(WORDS)).to_numpy(np.float64), [note]
    numbers = pd.to_numeric(words, errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        shown = [(int(i), f"{told.iloc[i]!r} is no grade") for i in wrong]
        raise faults(table, "grade", shown)
    return _scaled(table, numbers, from_zero)


def _scaled(
    table: str, numbers: np.ndarray, from_zero: bool
) -> tuple[np.ndarray, list[str]]:
    notes = []
    if (numbers < 0).any():
        notes.append(f"{(numbers < 0).sum():,} grades below 0 count as 0")
        numbers = np.maximum(numbers, 0)
    lowest, levels = numbers.min(), len(np.unique(numbers))
    if lowest > 0 and levels > 2 and not from_zero:
        notes.append(f"the lowest grade, {lowest:g}, is taken as not relevant: 0 here")
        numbers = numbers - lowest
    if numbers.max() <= 0:
        raise BadTable(f"{table}: no judgement says that a document is relevant")
    if levels > 2 or numbers.max() != 1:
        notes.append(
            f"grades from {numbers.min():g} to {numbers.max():g}: higher is better, "
            "and each is its own gain"
        )
    return numbers, notes
