"""Queries as they were meant: spelling corrected by the collection's own words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sevensteps.search.spelling import Speller
from sevensteps.search.usage import Usage

from .collections import Collection
from .texts import ANALYSER

MOST = 200_000  # documents whose words a speller learns
ENOUGH = 40_000_000  # characters of them


def corrected(data: Collection) -> tuple[NDArray[np.object_], list[tuple[str, str]]]:
    """(m,) queries, and what was changed in them: words as typed and as taken."""
    step = max(1, data.n_documents // MOST)
    long = ENOUGH // max(1, min(data.n_documents, MOST))
    told = (data.title[::step], data.facets[::step], data.body[::step])
    texts = [f"{t} {f} {b}"[:long] for t, f, b in zip(*told, strict=True)]
    speller = Speller.fit(Usage.of(ANALYSER.words_of(texts), rare=2))
    made = data.query.copy()
    changes: list[tuple[str, str]] = []
    for place, text in enumerate(data.query):
        correction = speller(ANALYSER.words(text))
        if correction.changes:
            made[place] = " ".join(correction.words)
            changes += correction.changes
    return made, changes
