"""Which category a query is about, learned from what was clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from .analysis import Analyser

_FEATURES = 1 << 14  # places that tokens and pairs of tokens are hashed into


@dataclass(frozen=True)
class Intent:
    """Multinomial logistic regression on hashed tokens and pairs of tokens.

    Attributes
    ----------
    categories : in the order of the columns of what a call returns
    """

    categories: tuple[str, ...]
    hasher: Any
    weight: NDArray[np.float32]  # (features, categories)
    bias: NDArray[np.float32]

    @classmethod
    def fit(
        cls,
        queries: Sequence[str],
        category: Sequence[str],
        clicks: ArrayLike,
        analyser: Analyser,
        strength: float = 10.0,
    ) -> Intent:
        """From clicked products.

        Parameters
        ----------
        queries, category : pairs that were seen, each of a query and a clicked
            product's category
        clicks : (pairs,) how often each was
        analyser : how queries become tokens
        strength : inverse of the penalty on weights

        Raises
        ------
        ValueError
            if the columns differ in length, clicks are negative, or there are fewer
            than two categories
        """
        times = np.asarray(clicks, np.float64)
        if not len(queries) == len(category) == len(times) or not (times >= 0).all():
            raise ValueError(
                "each row has a query, a category and a count of 0 or more"
            )
        names, code = np.unique(np.array(category, str), return_inverse=True)
        if len(names) < 2:
            raise ValueError(f"two categories or more are needed; got {names.tolist()}")
        hasher = HashingVectorizer(
            analyzer=_Grams(analyser), n_features=_FEATURES, alternate_sign=False
        )
        model = LogisticRegression(C=strength, max_iter=200)
        model.fit(hasher.transform(queries), code, sample_weight=times)
        weight, bias = model.coef_, model.intercept_
        if len(names) == 2:  # scikit-learn then keeps the second row only
            weight, bias = np.vstack([-weight, weight]) / 2, np.r_[-bias, bias] / 2
        both = weight.T.astype(np.float32), bias.astype(np.float32)
        return cls(tuple(names.tolist()), hasher, *both)

    def __call__(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """(queries, categories) probabilities."""
        return softmax(self.hasher.transform(queries) @ self.weight + self.bias, axis=1)


@dataclass(frozen=True, slots=True)
class _Grams:
    """Tokens and pairs of tokens of a text."""

    analyser: Analyser

    def __call__(self, text: str) -> list[str]:
        tokens = self.analyser.tokens(text)
        pairs = [f"{a} {b}" for a, b in pairwise(tokens)]
        return tokens + pairs
