"""Dense retrieval: texts as vectors that lie close if they mean alike.

A sentence's vector is the mean of its tokens' vectors, which were trained so that such
means work, and ship inside a Python package: wordllama (Miller, 2024), from the token
embeddings of large language models. Its first 64 or 128 numbers are a smaller
embedding by themselves (Matryoshka representations, Kusupati et al., NeurIPS 2022).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from .neighbours import Built, Floats, Ids, build

WIDTH = 256
EXACT_UP_TO = 50_000  # documents; beyond, reading all costs more than it finds
PROBES = 64  # inverted lists that are read for each query
BATCH = 256  # texts at a time


@cache
def encoder() -> Any:
    """The package's model: a tokeniser, and 32,000 token vectors of `WIDTH` numbers.

    Nothing is downloaded. The package's import sets up logging for the whole process;
    that is undone here.
    """
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    import wordllama

    folder = Path(wordllama.__file__).parent
    made = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    root.handlers[:] = before
    root.setLevel(level)
    return made


def embed(texts: Sequence[str], width: int = WIDTH) -> Floats:
    """(n, width) float32 vectors of unit length; zeros for a text without any token.

    >>> sofa, couch, lamp = embed(["grey sofa", "gray couch", "desk lamp"])
    >>> bool(sofa @ couch > 0.5 > sofa @ lamp)
    True
    """
    if not 1 <= width <= WIDTH:
        raise ValueError(f"`width` must be 1 to {WIDTH}, not {width}")
    if not len(texts):
        return np.zeros((0, width), np.float32)
    whole = encoder().embed(list(texts), norm=False, batch_size=BATCH)
    vector = np.asarray(whole)[:, :width]
    length = np.linalg.norm(vector, axis=1, keepdims=True)
    return np.ascontiguousarray(vector / np.where(length > 0, length, 1), np.float32)


@dataclass(frozen=True)
class DenseIndex:
    """An index of vectors; a document's number is its position."""

    built: Built  # the index, with what it took
    width: int  # of the vectors
    probes: int = PROBES  # inverted lists that are read for each query

    @classmethod
    def build(cls, vector: NDArray[np.floating]) -> DenseIndex:
        """Index (n, width) vectors of unit length, as `embed` gives them.

        Exact up to `EXACT_UP_TO` vectors; above, inverted lists with a byte a number.
        """
        if vector.ndim != 2 or not np.isfinite(vector).all():
            raise ValueError("vectors must be a table of finite numbers")
        whole = vector.astype(np.float32, copy=False)
        return cls(build(_suited(len(vector)), whole), vector.shape[1])

    def grown(self, vector: NDArray[np.floating]) -> DenseIndex:
        """The index with further documents under the next numbers; this one stays."""
        # A copy: faiss must not be searched while it takes vectors in.
        index = faiss.clone_index(self.built.index)
        index.add(vector.astype(np.float32))
        return replace(self, built=replace(self.built, index=index))

    def search(self, asks: Floats, k: int) -> tuple[Ids, Floats]:
        """(n, k) ids by falling cosine, and these; -1 and -inf where nothing is left.

        Equal cosines go by smaller id.
        """
        if k < 1:
            raise ValueError(f"`k` must be at least 1, not {k}")
        ids, cosine = self.built.scored(asks, k, self.probes)
        cosine = np.where(ids >= 0, cosine, np.float32(-np.inf))
        order = np.lexsort((ids, -cosine), axis=1)
        return (
            np.take_along_axis(ids, order, axis=1),
            np.take_along_axis(cosine, order, axis=1),
        )


def _suited(n: int) -> str:
    """The factory string for so many vectors: 4 lists for each of their root."""
    if n <= EXACT_UP_TO:
        return "Flat"
    lists = 1 << int(np.round(np.log2(4 * np.sqrt(n))))
    return f"IVF{lists},SQ8"
