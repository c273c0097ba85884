"""A small catalogue of made-up words whose statistics look like language's."""

from types import MappingProxyType

import numpy as np
import pytest

from sevensteps.cases.search.engine.query import Query
from sevensteps.cases.search.engine.shop import CodedColumn, Documents
from sevensteps.rank.keyword import Term
from sevensteps.rank.text import Tokens


def ask(text):
    """A query of plain words."""
    return Query(text, tuple(map(Term, text.split())))


NOTHING = MappingProxyType({})


def tokens_of(texts, vocabulary=()):
    """Analysed texts; a vocabulary, if given, is continued."""
    known = {word: code for code, word in enumerate(vocabulary)}
    code = [known.setdefault(word, len(known)) for text in texts for word in text]
    start = np.cumsum([0, *map(len, texts)])
    return Tokens(np.array(code, np.int32), start, known)


def coded(values):
    """A column of names; None or empty where nothing is told."""
    names = [*dict.fromkeys(filter(None, values))]
    code = [names.index(value) if value else -1 for value in values]
    return CodedColumn(np.array(code, np.int32), tuple(names))


def documents_of(title, body, fields=NOTHING, numbers=NOTHING):
    """Analysed texts and plain columns."""
    long = tokens_of(body, tokens_of(title).vocabulary)
    short = tokens_of(title, long.vocabulary)
    return Documents(
        Tokens(short.code, short.start, long.vocabulary),
        long,
        {name: coded(column) for name, column in fields.items()},
        {name: np.asarray(column, np.float32) for name, column in numbers.items()},
    )


def corpus(n, seed=0, n_words=400):
    """Titles of 3 to 8 words and bodies of 5 to 30, by a power law."""
    rng = np.random.default_rng(seed)
    p = 1 / np.arange(1, n_words + 1) ** 0.8
    p /= p.sum()

    def texts(low, high):
        length = rng.integers(low, high + 1, n)
        return [[f"w{i}" for i in rng.choice(n_words, size, p=p)] for size in length]

    return documents_of(
        texts(3, 8),
        texts(5, 30),
        {"brand": rng.choice(["acme", "zenith", ""], n).tolist()},
        {"price": rng.lognormal(3, 1, n)},
    )


@pytest.fixture(scope="session")
def documents():
    return corpus(2_000)
