"""A neural re-ranker that reads query and title together: kernel pooling.

Each word of the query is compared with each word of the title. How many pairs are
alike, nearly alike, or far apart is counted softly by eleven kernels; a small network
turns the counts and the table's features into a score. Like a cross-encoder it sees
both texts at once, at a thousandth of the work.

Here is what a service runs, in NumPy; the training is in `kernel_training`.

Source: K-NRM, Xiong et al., SIGIR (2017). There the word vectors are learned; here they
are an embedding's tokens, and what is learned is a projection of them, so that words
which were never clicked have their place, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.mlp import Layers, mlp
from sevensteps.rank.standardizer import Standardizer

from .dense import encoder
from .documents import Floats, Ids

PAD = -1  # where a text has no more tokens
ASKED, TITLE = 12, 20  # tokens that are read of a query and of a title
CENTRE = np.array([1.0, *np.arange(0.9, -1, -0.2)], np.float32)  # of the kernels
SHARP = np.array([0.5 / 1e-3**2, *[0.5 / 0.1**2] * 10], np.float32)
LEAST = 1e-10  # a count, so that its logarithm exists
CHUNK = 1 << 11  # pairs at a time


def subwords(texts: Sequence[str], longest: int) -> Ids:
    """(n, longest) int32 codes of the embedding's tokens; `PAD` fills up.

    >>> subwords(["red sofa", ""], 4).tolist()
    [[2654, 577, 5444, -1], [-1, -1, -1, -1]]
    """
    made = np.full((len(texts), longest), PAD, np.int32)
    if len(texts):
        for row, found in enumerate(encoder().tokenize(list(texts))):
            n = min(sum(found.attention_mask), longest)
            made[row, :n] = found.ids[:n]
    return made


def token_vectors() -> Floats:
    """(tokens + 1, width) of unit length; the last is for `PAD` and all zeros."""
    vector = encoder().embedding
    long = np.linalg.norm(vector, axis=1, keepdims=True)
    whole = vector / np.maximum(long, 1e-9)
    return np.concatenate([whole, np.zeros((1, whole.shape[1]), np.float32)])


def pooled(asked: Any, title: Any, there: tuple[Any, Any], xp: Any = np) -> Any:
    """(n, kernels) soft counts of how alike the words of two texts are.

    Of (n, q, width) and (n, t, width) unit vectors, and of whether each token is
    `there`, in NumPy or in `jax.numpy`.
    """
    alike = xp.matmul(asked, xp.swapaxes(title, 1, 2))
    near = xp.exp(-SHARP * (alike[..., None] - CENTRE) ** 2)
    near = xp.where(there[1][:, None, :, None], near, 0)
    count = xp.log(xp.maximum(near.sum(axis=2), LEAST))
    return xp.where(there[0][..., None], count, 0).sum(axis=1)


@dataclass(frozen=True, slots=True)
class KernelRanker:
    """A trained re-ranker. It reads the words, too, so it asks for more than others."""

    names: tuple[str, ...]  # of the features
    table: Standardizer  # of the features
    kernel: Standardizer  # of the soft counts
    vector: Floats  # (tokens + 1, width) projected, of unit length; the last is zeros
    layers: Layers  # of the network, each with "w" and "b"

    def scores(self, features: FeatureTable, asked: Ids, title: Ids) -> Floats:
        """(n,) of pairs, by features and the (n, any) `subwords` of both texts."""
        if not len(features) == len(asked) == len(title):
            raise ValueError("features, asked and title must have one row a pair")
        counts = soft_counts(self.vector, asked, title)
        known = self.table(features.only(*self.names).values)
        x = np.concatenate([self.kernel(counts), known], axis=1)
        return np.asarray(mlp(self.layers, x), np.float32)[:, 0]


def soft_counts(vector: Floats, asked: Ids, title: Ids) -> Floats:
    """(n, kernels) of pairs of texts, by tokens; a chunk at a time."""
    made = np.empty((len(asked), len(CENTRE)), np.float32)
    for at in range(0, len(asked), CHUNK):
        both = [_trimmed(tokens[at : at + CHUNK]) for tokens in (asked, title)]
        there = both[0] >= 0, both[1] >= 0
        made[at : at + CHUNK] = pooled(vector[both[0]], vector[both[1]], there)
    return made


def _trimmed(tokens: Ids) -> Ids:
    """Without the columns that are empty in all rows."""
    used = (tokens >= 0).any(axis=0)
    return tokens[:, : max(int(used.sum()), 1)]
