"""Attributes in a query: values of the catalogue's own columns, when they are meant.

"Orange" is a colour of sofas and a kind of juice. What the rest of the query is about
decides: how often does a title of that category which says "orange" have that colour?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .analysis import Analyser
from .documents import Longs, Tokens
from .query import NEGATIONS
from .spelling import WordCounts
from .synonyms import found

_LONGEST = 3  # tokens of a value
_PRIOR = 2.0  # titles' worth of belief in the overall share, in each category
_RARE = 2  # values, and pairs of words in titles, seen less often are left out
_LEAST = 0.5  # probability of being meant below which a value is only a word
Topic = tuple[Longs, NDArray[np.float64]]  # categories, and their shares


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """A value of a column."""

    field: str  # as the catalogue writes them
    value: str  # as the catalogue writes them
    n: int  # products that have it
    share: float  # of titles that say it, those whose product has it
    categories: Longs  # those whose titles say it
    shares: NDArray[np.float64]  # (categories,) the same share in each

    def p(self, topic: NDArray[np.float64] | None) -> float:
        """Probability that the value is meant, given what the query is about."""
        if topic is None:
            return self.share
        told = topic[self.categories]
        return self.share + float(told @ (self.shares - self.share))


@dataclass(frozen=True, slots=True)
class Recognised:
    """A value found at tokens `start` to before `stop`; `p` that it is meant."""

    start: int
    stop: int
    field: str
    value: str
    p: float


@dataclass(frozen=True)
class Gazetteer:
    """Values by phrase, and what the words of titles say about the category."""

    values: Mapping[str, tuple[AttributeValue, ...]]  # by stemmed phrase
    topics: Mapping[str, Topic]  # of the titles with a token
    pairs: frozenset[tuple[str, str]]  # tokens that stand side by side in titles
    n_categories: int  # of the catalogue

    @classmethod
    def fit(
        cls,
        titles: Sequence[str],
        category: Sequence[str],
        columns: Mapping[str, Sequence[str]],
        analyser: Analyser,
    ) -> Gazetteer:
        """From a title, a category and a value of each column for each product.

        A value is "" where a product has none.
        """
        sizes = {len(each) for each in (titles, category, *columns.values())}
        if sizes == {0} or len(sizes) > 1:
            raise ValueError(
                "titles, categories and columns have one entry for each product;"
                f" got lengths {sorted(sizes)}"
            )
        tokens = analyser.tokens_of(titles)
        names, code = np.unique(np.array(category, str), return_inverse=True)
        said = _Titles(tokens, code)
        values: dict[str, tuple[AttributeValue, ...]] = {}
        for name, column in columns.items():
            for phrase, value in _values(said, name, column, analyser).items():
                values[phrase] = (*values.get(phrase, ()), value)
        pairs = frozenset(WordCounts.of(tokens, rare=_RARE).pairs)
        return cls(values, said.topics(len(names)), pairs, len(names))

    def recognise(self, tokens: Sequence[str]) -> list[Recognised]:
        """Values that are meant by stemmed tokens, from left to right."""
        out = []
        for start, stop, phrase in found(tokens, self.values):
            topic = self._topic([*tokens[:start], *tokens[stop:]])
            scored = [(value.p(topic), value) for value in self.values[phrase]]
            p, best = max(scored, key=lambda each: (each[0], each[1].n))
            if p >= _LEAST:
                out.append(Recognised(start, stop, best.field, best.value, p))
        return out

    def about(self, tokens: Sequence[str]) -> int | None:
        """The likeliest category, by its place among their sorted names."""
        topic = self._topic(tokens)
        return None if topic is None else int(topic.argmax())

    def _topic(self, tokens: Sequence[str]) -> NDArray[np.float64] | None:
        """(categories,) what these tokens are about; None if they do not tell."""
        known = [self.topics[token] for token in tokens if token in self.topics]
        if not known:
            return None
        topic = np.zeros(self.n_categories)
        for places, shares in known:
            topic[places] += shares / len(known)
        return topic


class _Titles:
    """What titles say, while a gazetteer is made of them."""

    def __init__(self, tokens: Tokens, category: Longs) -> None:
        self.vocabulary, self.category = tokens.vocabulary, category
        self.texts = [f" {text} " for text in tokens.texts()]
        self.holds = tokens.counts().sign().tocsc()

    def with_phrase(self, phrase: str) -> Longs:
        """Titles that say a phrase, each once."""
        codes = [self.vocabulary.get(word, -1) for word in phrase.split(" ")]
        if min(codes) < 0:
            return np.empty(0, np.int64)
        row, start = self.holds.indices, self.holds.indptr
        rows = min((row[start[c] : start[c + 1]] for c in codes), key=len).tolist()
        return np.array([r for r in rows if f" {phrase} " in self.texts[r]], np.int64)

    def topics(self, n_categories: int) -> dict[str, Topic]:
        """Token to categories and shares, each title counted once."""
        n = len(self.category)
        of = (np.ones(n), self.category, np.arange(n + 1))
        often = (self.holds.T @ sparse.csr_matrix(of, (n, n_categories))).tocsr()
        often.sort_indices()
        place = often.indices.astype(np.int64)
        return {
            word: (place[a:b], often.data[a:b] / often.data[a:b].sum())
            for word, (a, b) in zip(
                self.vocabulary, pairwise(often.indptr), strict=True
            )
        }


def _values(
    said: _Titles, name: str, column: Sequence[str], analyser: Analyser
) -> dict[str, AttributeValue]:
    """Phrase to value of one column, with how often titles that say it have it."""
    often = Counter(column)
    phrase_of = {value: " ".join(analyser.tokens(value)) for value in often}
    rising = sorted(often, key=lambda value: (often[value], value))
    written = {phrase_of[value]: value for value in rising}  # the most frequent way
    phrases = np.array([phrase_of[value] for value in column], object)
    out = {}
    for phrase, n in Counter(phrases.tolist()).items():
        if n >= _RARE and _is_usable(phrase):
            rows = said.with_phrase(phrase)
            shares = _shares(phrases[rows] == phrase, said.category[rows])
            out[phrase] = AttributeValue(name, written[phrase], n, *shares)
    return out


def _is_usable(phrase: str) -> bool:
    """Whether a value can be told from other words."""
    short = 0 < len(phrase.split()) <= _LONGEST
    return short and not phrase.isdigit() and phrase not in NEGATIONS


def _shares(
    hit: NDArray[np.bool_], category: Longs
) -> tuple[float, Longs, NDArray[np.float64]]:
    """Share of hits, over all and by category; certain where no title says a word."""
    overall = (hit.sum() + 1.0) / (len(hit) + 1.0)
    places, which, n = np.unique(category, return_inverse=True, return_counts=True)
    hits = np.bincount(which, hit, minlength=len(places))
    return float(overall), places, (hits + _PRIOR * overall) / (n + _PRIOR)
