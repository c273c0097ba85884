"""BM25 to read: an inverted index in one sparse matrix.

A column is a word, and holds the documents that have it: this *is* an inverted index.
Each entry is worked out once, so a search adds up a few columns. The engine of
`keyword` does the same, and skips what cannot reach the top.

Source: Robertson and Zaragoza, Foundations and Trends in IR 3 (2009), with the
logarithm that stays positive, as in Lucene.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .documents import Floats, Ids, Tokens, Vocabulary


@dataclass(frozen=True, slots=True)
class Bm25:
    """What each word adds to the score of each document.

    Attributes
    ----------
    part : (n, words) sparse, by column
    vocabulary : the column of each word
    """

    part: sparse.csc_matrix
    vocabulary: Vocabulary

    @classmethod
    def of(cls, tokens: Tokens, k1: float = 1.2, b: float = 0.75) -> Bm25:
        """From texts.

        Parameters
        ----------
        k1 : how long a word's repetitions go on to count
        b : by how much a long text must repeat it more
        """
        counts = tokens.counts().tocsc()
        n, holds = len(tokens), np.diff(counts.indptr)
        rarity = np.log1p((n - holds + 0.5) / (holds + 0.5))
        long = tokens.length / max(tokens.length.mean(), 1e-9)
        often = counts.data
        repeated = often / (often + k1 * (1 - b + b * long[counts.indices]))
        weight = (k1 + 1) * np.repeat(rarity, holds) * repeated
        part = sparse.csc_matrix((weight, counts.indices, counts.indptr), counts.shape)
        return cls(part, tokens.vocabulary)

    def scores(self, words: Iterable[str]) -> Floats:
        """(n,) scores of all documents; a word that is asked twice counts twice.

        >>> texts = Tokens.of([["red", "sofa"], ["red", "red", "lamp"]])
        >>> Bm25.of(texts).scores(["sofa", "divan"]).astype(float).round(3).tolist()
        [0.755, 0.0]
        """
        asked = [self.vocabulary[word] for word in words if word in self.vocabulary]
        return np.asarray(self.part[:, asked].sum(axis=1)).ravel().astype(np.float32)

    def search(self, words: Iterable[str], k: int) -> tuple[Ids, Floats]:
        """At most `k` ids of documents with any of the words, and their scores."""
        score = self.scores(words)
        found = np.flatnonzero(score > 0)
        best = found[np.lexsort((found, -score[found]))][:k]
        return best.astype(np.int32), score[best]
