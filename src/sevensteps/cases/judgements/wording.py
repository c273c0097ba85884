"""Queries as they were meant: spelling by the collection's words, and synonyms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.search.spelling import Speller
from sevensteps.search.usage import Usage

from .collections import Collection
from .texts import ANALYSER, Wording

MOST = 200_000  # documents whose words a speller learns
ENOUGH = 40_000_000  # characters of them
Changes = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Understood:
    """How queries are taken, and what that changed.

    Attributes
    ----------
    wording : other words of each query; None if nothing was changed
    spelling, synonyms : as typed and as taken, with how often
    expanded : queries that synonyms were added to
    """

    wording: Wording | None
    spelling: Changes
    synonyms: Changes
    expanded: int


def understood(data: Collection) -> Understood:
    """Correct the spelling, then add synonyms, each with its weight."""
    query, changed = _corrected(data)
    added: Changes = Counter()
    more = []
    for text in query:
        tokens = ANALYSER.tokens(text)
        words: dict[str, float] = {}
        for span in data.synonyms.spans(tokens):
            added.update((span.phrase, other) for other, _ in span.others)
            for other, weight in span.others:
                for word in set(other.split()) - set(tokens):
                    words[word] = max(weight, words.get(word, 0))
        more.append(tuple(words.items()))
    wording = Wording(query, tuple(more)) if changed or added else None
    return Understood(wording, changed, added, sum(map(bool, more)))


def _corrected(data: Collection) -> tuple[NDArray[np.object_], Changes]:
    """(m,) queries, and what was changed in them."""
    step = max(1, data.n_documents // MOST)
    long = ENOUGH // max(1, min(data.n_documents, MOST))
    told = (data.title[::step], data.facets[::step], data.body[::step])
    texts = [f"{t} {f} {b}"[:long] for t, f, b in zip(*told, strict=True)]
    speller = Speller.fit(Usage.of(ANALYSER.words_of(texts), rare=2))
    made = data.query.copy()
    changes: Changes = Counter()
    for place, text in enumerate(data.query):
        correction = speller(ANALYSER.words(text))
        if correction.changes:
            made[place] = " ".join(correction.words)
            changes.update(correction.changes)
    return made, changes
