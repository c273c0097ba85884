"""Attributes in a query: values of the catalogue's own columns, when they are meant.

"Orange" is a colour of sofas and a kind of juice. What the rest of the query is about
decides: how often does a title of that category which says "orange" have that colour?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .analysis import Analyser
from .documents import Tokens
from .query_constraints import NEGATIONS
from .synonyms import found, lengths

_LONGEST = 3  # tokens of a value
_PRIOR = 2.0  # titles' worth of belief in the overall share, in each category
_Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """A value of a column.

    Attributes
    ----------
    field, value : as the catalogue writes them
    n : products that have it
    share : of titles that say it, those whose product has it
    categories : those whose titles say it
    shares : (categories,) the same share in each
    """

    field: str
    value: str
    n: int
    share: float
    categories: _Codes
    shares: NDArray[np.float64]


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
    """Values by phrase, and what the words of titles say about the category.

    Attributes
    ----------
    values : phrase (stemmed tokens with spaces between) to the columns that have it
    topics : token to (categories, their shares among titles with the token)
    pairs : tokens that stand side by side in titles
    n_categories : of the catalogue
    """

    values: Mapping[str, tuple[AttributeValue, ...]]
    topics: Mapping[str, tuple[_Codes, NDArray[np.float64]]]
    pairs: frozenset[tuple[str, str]]
    n_categories: int
    _longest: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_longest", lengths(self.values))

    @classmethod
    def fit(
        cls,
        titles: Sequence[str],
        category: Sequence[str],
        columns: Mapping[str, Sequence[str]],
        analyser: Analyser,
        rare: int = 2,
    ) -> Gazetteer:
        """From a catalogue.

        Parameters
        ----------
        titles, category : one of each product
        columns : field to a value of each product; "" where it has none
        analyser : how titles, values and queries become tokens
        rare : values, and pairs of words in titles, seen less often are left out

        Raises
        ------
        ValueError
            if the columns differ in length, or there are no products
        """
        sizes = {len(each) for each in (titles, category, *columns.values())}
        if sizes == {0} or len(sizes) > 1:
            raise ValueError(
                "titles, categories and columns have one entry for each product;"
                f" got lengths {sorted(sizes)}"
            )
        tokens = analyser.tokens_of(titles)
        names, code = np.unique(np.array(category, str), return_inverse=True)
        said = _Said(tokens, code, len(names))
        values: dict[str, list[AttributeValue]] = {}
        for name, column in columns.items():
            for phrase, value in _values(said, name, column, analyser, rare).items():
                values.setdefault(phrase, []).append(value)
        frozen = {phrase: tuple(each) for phrase, each in values.items()}
        return cls(frozen, said.topics(), said.pairs(rare), len(names))

    def recognise(self, tokens: Sequence[str], least: float = 0.5) -> list[Recognised]:
        """Values that are meant, from left to right.

        Parameters
        ----------
        tokens : stemmed, as from `Analyser.tokens`
        least : probability of being meant below which a value is only a word
        """
        out = []
        for start, stop, phrase in found(tokens, self.values, self._longest):
            rest = [*tokens[:start], *tokens[stop:]]
            topic = self._topic(rest)
            scored = [(_p(value, topic), value) for value in self.values[phrase]]
            p, best = max(scored, key=lambda each: (each[0], each[1].n))
            if p >= least:
                out.append(Recognised(start, stop, best.field, best.value, p))
        return out

    def says(self, one: str, other: str) -> bool:
        """Whether titles have two tokens one after the other."""
        return (one, other) in self.pairs

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


def _p(value: AttributeValue, topic: NDArray[np.float64] | None) -> float:
    """Probability that a value is meant, given what the query is about."""
    if topic is None:
        return value.share
    told = topic[value.categories]
    return value.share + float(told @ (value.shares - value.share))


class _Said:
    """What titles say, as numbers; used while fitting."""

    def __init__(self, tokens: Tokens, category: _Codes, n_categories: int) -> None:
        self.tokens, self.category, self.n = tokens, category, n_categories
        self.row = tokens.row
        self.size = max(len(tokens.vocabulary), 1)
        self.place = tokens.vocabulary
        # Keys of one, two and three tokens in a row. Some go over the end of a title;
        # whoever uses them leaves those out.
        self._keys = [tokens.code.astype(np.int64)]
        for n in range(1, _LONGEST):
            self._keys.append(self._keys[-1][:-1] * self.size + tokens.code[n:])
        self._orders = [np.argsort(keys, kind="stable") for keys in self._keys]

    def rows_with(self, phrase: str) -> _Codes:
        """Titles that say a phrase, each once."""
        words = phrase.split(" ")
        if not all(word in self.place for word in words):
            return np.empty(0, np.int64)
        key = 0
        for word in words:
            key = key * self.size + self.place[word]
        last = len(words) - 1
        keys, order = self._keys[last], self._orders[last]
        first = np.searchsorted(keys, key, "left", sorter=order)
        at = order[first : np.searchsorted(keys, key, "right", sorter=order)]
        return np.unique(self.row[at[self.row[at] == self.row[at + last]]])

    def topics(self) -> dict[str, tuple[_Codes, NDArray[np.float64]]]:
        """Token to categories and shares, each title counted once."""
        n_titles, words = len(self.tokens), self.tokens.vocabulary
        code, row = np.divmod(np.unique(self._keys[0] * n_titles + self.row), n_titles)
        key, n = np.unique(code * self.n + self.category[row], return_counts=True)
        code, category = np.divmod(key, self.n)
        bounds = np.searchsorted(code, np.arange(len(words) + 1))
        return {
            word: (category[a:b], n[a:b] / n[a:b].sum())
            for word, (a, b) in zip(words, pairwise(bounds), strict=True)
        }

    def pairs(self, rare: int) -> frozenset[tuple[str, str]]:
        """Tokens side by side in at least so many places."""
        same = self.row[1:] == self.row[:-1]
        key, n = np.unique(self._keys[1][same], return_counts=True)
        words = [*self.tokens.vocabulary]
        often = np.divmod(key[n >= rare], self.size)
        return frozenset((words[a], words[b]) for a, b in zip(*often, strict=True))


def _values(
    said: _Said, name: str, column: Sequence[str], analyser: Analyser, rare: int
) -> dict[str, AttributeValue]:
    """Phrase to value of one column, with how often titles that say it have it."""
    raw = Counter(column)
    phrase_of = {value: " ".join(analyser.tokens(value)) for value in raw}
    spellings: dict[str, Counter[str]] = {}
    for value, n in raw.items():
        phrase = phrase_of[value]
        usable = 0 < len(phrase.split()) <= _LONGEST and not phrase.isdigit()
        if usable and phrase not in NEGATIONS:
            spellings.setdefault(phrase, Counter())[value] += n
    phrases = np.array([phrase_of[value] for value in column], object)
    out = {}
    for phrase, names in spellings.items():
        if names.total() >= rare:
            rows = said.rows_with(phrase)
            shares = _shares(phrases[rows] == phrase, said.category[rows])
            best = max(names, key=lambda each: (names[each], each))
            out[phrase] = AttributeValue(name, best, names.total(), *shares)
    return out


def _shares(
    hit: NDArray[np.bool_], category: _Codes
) -> tuple[float, _Codes, NDArray[np.float64]]:
    """Share of hits, over all and by category; certain where no title says a word."""
    overall = (hit.sum() + 1.0) / (len(hit) + 1.0)
    places, which, n = np.unique(category, return_inverse=True, return_counts=True)
    hits = np.bincount(which, hit, minlength=len(places))
    return float(overall), places, (hits + _PRIOR * overall) / (n + _PRIOR)
