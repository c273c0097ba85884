"""Words in similar company: evidence for synonyms, and never proof.

Red and blue keep the same company, in texts and in embeddings, as do hot and cold
(Mohammad, Dorr and Hirst, 2008). Candidates from here need a second witness: shoppers
who went from one to the other, or somebody who knows the goods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from .documents import Tokens

Embed = Callable[[Sequence[str]], ArrayLike]  # n texts -> (n, d)
_BLOCK = 1024  # words compared with all others at a time


@dataclass(frozen=True, slots=True)
class Near:
    """Two words whose vectors point the same way, and the cosine between them."""

    word: str
    other: str
    cosine: float


@dataclass(frozen=True)
class Contexts:
    """The company that words keep, as positive pointwise mutual information.

    Source: Bullinaria and Levy (2007). Rows are of length 1.
    """

    place: dict[str, int]
    rows: Any  # (words, words) sparse

    @classmethod
    def fit(cls, texts: Tokens, window: int = 3) -> Contexts:
        """From texts as tokens: titles, queries, or both.

        Parameters
        ----------
        texts : tokens
        window : how many tokens away still count as company

        Raises
        ------
        ValueError
            if `window` is below 1, or no text has two tokens
        """
        if window < 1:
            raise ValueError(f"a window reaches 1 token or more; got {window}")
        counts = _together(texts, window)
        if not counts.nnz:
            raise ValueError(
                "no text has two tokens: there is no company to learn from"
            )
        total, margin = counts.sum(), np.asarray(counts.sum(axis=1)).ravel()
        found = counts.tocoo()
        expected = margin[found.row] * margin[found.col] / total
        pmi = np.maximum(np.log(found.data / expected), 0)
        rows = csr_array((pmi, (found.row, found.col)), shape=counts.shape)
        norm = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        rows = rows.multiply(1 / np.maximum(norm, 1e-12)[:, None]).tocsr()
        place = dict(texts.vocabulary)
        return cls(place, rows)

    def __call__(self, one: str, other: str) -> float:
        """Cosine of two phrases' company, 0 to 1; 0 for unknown words."""
        a, b = self._vector(one), self._vector(other)
        if a is None or b is None:
            return 0.0
        size = float(np.sqrt(a.power(2).sum() * b.power(2).sum()))
        return min(float(a.multiply(b).sum()) / size, 1.0) if size else 0.0

    def _vector(self, phrase: str) -> Any:
        places = [self.place.get(word) for word in phrase.split(" ")]
        if None in places:
            return None
        return csr_array(self.rows[places].sum(axis=0)[None, :])


def _together(texts: Tokens, window: int) -> Any:
    """(words, words) how often two tokens stand within a window, both ways."""
    n, row = len(texts.vocabulary), texts.row
    counts = csr_array((n, n), dtype=np.float64)
    for step in range(1, window + 1):
        same = row[step:] == row[:-step]
        one, other = texts.code[:-step][same], texts.code[step:][same]
        counts += csr_array((np.ones(len(one)), (one, other)), shape=(n, n))
    counts.setdiag(0)
    counts = (counts + counts.T).tocsr()
    counts.eliminate_zeros()
    return counts


def neighbours(
    words: Sequence[str], embed: Embed, least: float = 0.6, k: int = 5
) -> tuple[Near, ...]:
    """Each word's nearest others by cosine: candidates, to be checked.

    Parameters
    ----------
    words : distinct words or phrases
    embed : gives (n, d) vectors for n texts
    least : cosine below which two are not near
    k : neighbours of a word, at most

    Raises
    ------
    ValueError
        if words repeat, `k` is below 1, or the vectors are not finite rows, one a word
    """
    if k < 1 or len(set(words)) < len(words):
        raise ValueError("distinct words and k of 1 or more are needed")
    vectors = _unit(np.asarray(embed(list(words)), np.float32), len(words))
    found = []
    for start in range(0, len(words), _BLOCK):
        cosine = vectors[start : start + _BLOCK] @ vectors.T
        own = np.arange(len(cosine))
        cosine[own, own + start] = -1
        best = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
        for at, others in enumerate(best):
            found += [
                Near(words[start + at], words[other], float(cosine[at, other]))
                for other in others
                if cosine[at, other] >= least
            ]
    return tuple(found)


def _unit(vectors: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    if vectors.ndim != 2 or len(vectors) != n or not np.isfinite(vectors).all():
        raise ValueError(
            f"`embed` gives a finite row for each of {n} words; got {vectors.shape}"
        )
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(norm, np.float32(1e-12))
