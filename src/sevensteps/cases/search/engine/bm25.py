"""BM25 to read: how much a word says, and an inverted index in one sparse matrix.

A column of the matrix is a word, and holds the documents that have it: this *is* an
inverted index. Each entry is worked out once, so a search adds up a few columns. The
engine of `keyword` does the same, and skips what cannot reach the top.

Source: Robertson and Zaragoza, Foundations and Trends in IR 3 (2009), with the
logarithm that stays positive, as in Lucene.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .documents import Floats, Longs, Tokens, Vocabulary

K1, B = 1.2, 0.75  # how long repetitions go on to count; what a long text pays
AT_ONCE = 1 << 18  # documents whose words are counted together


def inverse_document_frequency(holds: Longs, n: int) -> Floats:
    """The weight of words which so many of `n` documents hold."""
    return np.log1p((n - holds + 0.5) / (holds + 0.5)).astype(np.float32)


def saturation(
    often: NDArray[np.floating],
    length: NDArray[np.floating],
    k1: float = K1,
    b: float = B,
) -> NDArray[np.floating]:
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
        holds = np.zeros(len(tokens.vocabulary), np.int64)
        for first in range(0, len(tokens), AT_ONCE):
            rows = np.arange(first, min(first + AT_ONCE, len(tokens)), dtype=np.int32)
            held = tokens.take(rows).counts().indices
            holds += np.bincount(held, minlength=len(holds))
        mean = len(tokens.code) / max(len(tokens), 1)
        idf = inverse_document_frequency(holds, len(tokens))
        return cls(idf, max(mean, 1e-9))

    def padded(self, n_words: int, n: int) -> TermStatistics:
        """With further words of `n` documents: as rare as a word can be."""
        new = np.zeros(n_words - len(self.idf), np.int64)
        rare = inverse_document_frequency(new, n)
        return TermStatistics(np.concatenate([self.idf, rare]), self.mean_length)


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

        >>> from sevensteps.cases.search.engine.analysis import Analyser
        >>> texts = Analyser().tokens_of(["red sofa", "red, red lamp"])
        >>> Bm25.of(texts).scores(["sofa", "divan"]).astype(float).round(3).tolist()
        [0.755, 0.0]
        """
        asked = [self.vocabulary[word] for word in words if word in self.vocabulary]
        return np.asarray(self.part[:, asked].sum(axis=1)).ravel().astype(np.float32)
