"""A small catalogue of made-up words whose statistics look like language's."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.documents import Documents
from sevensteps.cases.search.engine.query import Query, Term


def ask(text, **more):
    """A query of plain words."""
    return Query(text, tuple(Term(word, **more) for word in text.split()))


def corpus(n, seed=0, n_words=400):
    """Titles of 3 to 8 words and bodies of 5 to 30, by a power law."""
    rng = np.random.default_rng(seed)
    p = 1 / np.arange(1, n_words + 1) ** 0.8
    words = np.array([f"w{i}" for i in range(n_words)])

    def texts(low, high):
        return [
            words[rng.choice(n_words, rng.integers(low, high + 1), p=p / p.sum())]
            for _ in range(n)
        ]

    return Documents.of(
        [t.tolist() for t in texts(3, 8)],
        [t.tolist() for t in texts(5, 30)],
        {"brand": rng.choice(["acme", "zenith", ""], n).tolist()},
        {"price": rng.lognormal(3, 1, n)},
    )


@pytest.fixture(scope="session")
def documents():
    return corpus(2_000)
