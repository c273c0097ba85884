"""Which words a shop and its shoppers use, how often, and which stand side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .documents import Tokens

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Usage:
    """How often words are used.

    Attributes
    ----------
    written : word to its count in the catalogue
    pairs : two words side by side to their count in the catalogue
    asked : word to the number of searches that had it
    asked_pairs : two words side by side, in searches
    """

    written: Mapping[str, int]
    pairs: Mapping[Pair, int] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)
    asked_pairs: Mapping[Pair, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        titles: Tokens,
        queries: Tokens | None = None,
        searches: ArrayLike | None = None,
        rare: int = 1,
    ) -> Usage:
        """Counts from texts cut into words (`Analyser.words_of`), not stemmed.

        Parameters
        ----------
        titles : of the catalogue
        queries : distinct queries of a log
        searches : (queries,) int, how often each was asked; once if not given
        rare : pairs of words that are seen less often are left out

        Raises
        ------
        ValueError
            if `searches` are not one count for each query
        """
        written, pairs = _counts(titles, np.ones(len(titles), np.int64), rare)
        if queries is None:
            return cls(written, pairs)
        times = np.ones(len(queries)) if searches is None else np.asarray(searches)
        if times.shape != (len(queries),) or not (times >= 0).all():
            raise ValueError(
                f"one count of searches for each of {len(queries)} queries is needed,"
                f" not below 0; got shape {times.shape}"
            )
        return cls(written, pairs, *_counts(queries, times.astype(np.int64), rare))


def _counts(
    texts: Tokens, times: NDArray[np.int64], rare: int
) -> tuple[dict[str, int], dict[Pair, int]]:
    """Words and pairs of words, each text counted so many times."""
    words, row = [*texts.vocabulary], texts.row
    weight = times[row].astype(np.float64)
    counts = np.bincount(texts.code, weight, minlength=len(words)).astype(np.int64)
    same = row[:-1] == row[1:]
    left = texts.code[:-1][same].astype(np.int64)
    key = left * len(words) + texts.code[1:][same]
    distinct, place = np.unique(key, return_inverse=True)
    together = np.bincount(place, weight[:-1][same], minlength=len(distinct))
    often = together >= rare
    one, other = np.divmod(distinct[often], max(len(words), 1))
    pairs = {
        (words[a], words[b]): int(n)
        for a, b, n in zip(one, other, together[often], strict=True)
    }
    return dict(zip(words, counts.tolist(), strict=True)), pairs
