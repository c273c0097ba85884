"""BM25 to read: how much a word says, and an inverted index in one sparse matrix.

A column of the matrix is a word, and holds the documents that have it: this *is* an
inverted index. Each entry is worked out once, so a search adds up a few columns. An
engine does the same, and skips what cannot reach the top.

Source: Robertson and Zaragoza, Foundations and Trends in IR 3 (2009), with the
logarithm that stays positive, as in Lucene.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .mlp import Floats
from .text import Longs, Tokens, Vocabulary

K1, B = 1.2, 0.75  # how long repetitions go on to count; what a long text pays
AT_ONCE = 1 << 18  # documents whose words are counted together
Real = NDArray[np.floating]


def saturation(often: Real, length: Real, k1: float = K1, b: float = B) -> Real:
    """What a word counts that stands `often` in a text of `length` mean lengths.

    From 0 to `k1` + 1 times its inverse document frequency.
    """
    return (k1 + 1) * often / (often + k1 * (1 - b + b * length) + (often == 0))


@dataclass(frozen=True, slots=True)
class TermStatistics:
    """What BM25 must know of a collection."""

    idf: Floats  # (words,) inverse document frequency of each word
    mean_length: float  # words of a text

    @classmethod
    def of(cls, tokens: Tokens) -> TermStatistics:
        """Of one field of all documents."""
        holds, n = np.zeros(len(tokens.vocabulary), np.int64), len(tokens)
        for first in range(0, n, AT_ONCE):
            held = tokens.take(range(first, min(first + AT_ONCE, n))).counts()
            holds += np.bincount(held.indices, minlength=len(holds))
        return cls(_idf(holds, n), max(len(tokens.code) / max(n, 1), 1e-9))

    def padded(self, n_words: int, n: int) -> TermStatistics:
        """With further words of `n` documents: as rare as a word can be."""
        rare = _idf(np.zeros(n_words - len(self.idf), np.int64), n)
        return TermStatistics(np.concatenate([self.idf, rare]), self.mean_length)


def _idf(holds: Longs, n: int) -> Floats:
    """The weight of words which so many of `n` documents hold."""
    return np.log1p((n - holds + 0.5) / (holds + 0.5)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Bm25:
    """What each word adds to the score of each document."""

    part: sparse.csc_matrix  # (n, words) sparse, by column
    vocabulary: Vocabulary  # the column of each word

    @classmethod
    def of(cls, tokens: Tokens, k1: float = K1, b: float = B) -> Bm25:
        """From texts."""
        counts, known = tokens.counts().tocsc(), TermStatistics.of(tokens)
        length = (tokens.length / known.mean_length)[counts.indices]
        idf = np.repeat(known.idf, np.diff(counts.indptr))
        weight = idf * saturation(counts.data, length, k1, b)
        part = sparse.csc_matrix((weight, counts.indices, counts.indptr), counts.shape)
        return cls(part, tokens.vocabulary)

    def scores(self, words: Iterable[str]) -> Floats:
        """(n,) scores of all documents; a word that is asked twice counts twice.

        >>> from sevensteps.rank.text import Analyser
        >>> texts = Analyser().tokens_of(["red sofa", "red, red lamp"])
        >>> Bm25.of(texts).scores(["sofa", "divan"]).astype(float).round(3).tolist()
        [0.755, 0.0]
        """
        asked = [self.vocabulary[word] for word in words if word in self.vocabulary]
        return np.asarray(self.part[:, asked].sum(axis=1)).ravel().astype(np.float32)
