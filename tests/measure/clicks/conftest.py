"""A shop of a few queries whose truth is known, and people who click in known ways.

Independent of the package's worlds: it holds the estimators, not itself.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest


@dataclass(frozen=True)
class Shop:
    """Queries with a few products each; product numbers belong to one query."""

    pull: np.ndarray  # (queries, products) attraction
    sate: np.ndarray  # (queries, products) satisfaction

    @classmethod
    def of(cls, rng, n_queries=150, n_products=8):
        size = (n_queries, n_products)
        return cls(rng.beta(2, 4, size), rng.beta(3, 2, size))

    def search(self, rng, n, k=6, noise=0.4, randomised=False):
        """Queries, products shown and where they stand among their query's own."""
        query = rng.integers(len(self.pull), size=n)
        score = noise * rng.normal(size=(n, self.pull.shape[1]))
        if not randomised:
            score += self.pull[query]
        own = np.argsort(-score, axis=1)[:, :k]
        return query, own + query[:, None] * self.pull.shape[1], own

    def of_pairs(self, values, log):
        """(m,) the truth of the pairs of a log."""
        return values.ravel()[log.pairs.product]


def position_based(rng, pull, look):
    return rng.random(pull.shape) < look * pull


def dynamic_bayesian(rng, pull, sate, go_on):
    clicked, looks = np.zeros(pull.shape, bool), np.ones(len(pull), bool)
    for j in range(pull.shape[1]):
        clicked[:, j] = looks & (rng.random(len(pull)) < pull[:, j])
        looks &= ~(clicked[:, j] & (rng.random(len(pull)) < sate[:, j]))
        looks &= rng.random(len(pull)) < go_on
    return clicked


@pytest.fixture(scope="session")
def people():
    """The shop and the ways to click."""
    return SimpleNamespace(
        Shop=Shop,
        position_based=position_based,
        dynamic_bayesian=dynamic_bayesian,
        look=np.array([1.0, 0.7, 0.5, 0.4, 0.3, 0.25]),
    )
