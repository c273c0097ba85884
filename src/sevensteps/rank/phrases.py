"""Phrases that say more than their words: synonyms, and values of the catalogue.

Synonyms come from the merchandisers' file, and nothing is expanded twice. It has one
line a set: `sofa, couch, settee` makes each do for the others; `pouffe => footstool`
works one way. `#` begins a comment. This is the line format that Lucene's search
servers made common. It is checked before it is believed.

Values are recognised when they are meant. "Orange" is a colour of sofas and a kind of
juice. What the rest of the query is about decides: how often does a title of that
category which says "orange" have that colour?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .spelling import WordCounts
from .text import Analyser, Longs, Tokens

USUAL = 0.8  # weight of a synonym, beside the own word's 1
#: Words before what is not wanted. Some are as often of a feature: "no drill".
PERHAPS = frozenset(("no", "not"))  # "non slip" is a feature always
NEGATIONS = PERHAPS | {"without", "excluding", "except"}
_LONGEST = 3  # tokens of a value
_PRIOR = 2.0  # titles' worth of belief in the overall share, in each category
_RARE = 2  # values, and pairs of words in titles, seen less often are left out
_LEAST = 0.5  # probability of being meant below which a value is only a word
Shares = NDArray[np.float64]
Topic = tuple[Longs, Shares]  # categories, and their shares


class BrokenSynonyms(ValueError):
    """A file that is not to be used; the message names the lines."""


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Phrases with their alternatives and the weights of these, above 0, at most 1."""

    others: Mapping[str, tuple[tuple[str, float], ...]]  # tokens with spaces between

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Synonyms:
        """From (phrase, alternative) pairs, all of the usual weight."""
        table: dict[str, list[tuple[str, float]]] = {}
        for phrase, other in sorted(set(pairs)):
            table.setdefault(phrase, []).append((other, USUAL))
        return cls({phrase: tuple(others) for phrase, others in table.items()})


def found(
    tokens: Sequence[str], phrases: Collection[str]
) -> Iterator[tuple[int, int, str]]:
    """(start, stop, phrase) of known phrases, the longest first, none within another.

    >>> list(found(["a", "b", "c", "b"], {"a b", "b", "b c d"}))
    [(0, 2, 'a b'), (3, 4, 'b')]
    """
    at = 0
    while at < len(tokens):
        for stop in range(len(tokens), at, -1):
            phrase = " ".join(tokens[at:stop])
            if phrase in phrases:
                yield at, stop, phrase
                at = stop
                break
        else:
            at += 1


def parse(text: str, analyser: Analyser) -> Synonyms:
    """Read the text of a file.

    Bytes that are no UTF-8 must come as "surrogateescape" gives them. `BrokenSynonyms`
    names each line that makes no sense, and why.
    """
    pairs: list[tuple[str, str]] = []
    errors = []
    *lines, rest = text.split("\n")
    for number, line in enumerate((*lines, rest), start=1):
        if content := line.split("#", 1)[0].strip():
            try:
                pairs += _pairs_of(content, analyser)
            except ValueError as error:
                errors.append(f"line {number}: {error}")
    if rest or not lines:
        errors.append(f"line {number}: no end of line; was the file written whole?")
    if errors:
        raise BrokenSynonyms("\n".join(errors))
    return Synonyms.of(pairs)


def _pairs_of(line: str, analyser: Analyser) -> list[tuple[str, str]]:
    """(phrase, alternative) pairs of a line."""
    if not line.replace("\t", " ").isprintable():
        raise ValueError("has characters that cannot be printed; is it UTF-8?")
    left, *right = line.split("=>")
    if len(right) > 1:
        raise ValueError("has two arrows; split it into two lines")
    sources = _terms(left, analyser)
    targets = _terms(right[0], analyser) if right else sources
    if not right and "," not in line:
        raise ValueError(f"{line!r} stands alone; name a synonym, or remove it")
    if right and (both := sources & targets):
        raise ValueError(f"{min(both)!r} would be a synonym of itself")
    return [(a, b) for a in sources for b in targets if a != b]


def _terms(part: str, analyser: Analyser) -> set[str]:
    """Phrases between commas, as tokens."""
    told = {name.strip(): " ".join(analyser.tokens(name)) for name in part.split(",")}
    for name, phrase in told.items():
        if not name:
            raise ValueError("has nothing before or after a comma or an arrow")
        if not phrase:
            raise ValueError(f"{name!r} is nothing but stop words; searches ignore it")
    return {*told.values()}


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """A value of a column, both as the catalogue writes them."""

    field: str
    value: str
    n: int  # products that have it
    share: float  # of titles that say it, those whose product has it
    categories: Longs  # those whose titles say it
    shares: Shares  # (categories,) the same share in each

    def p(self, topic: Shares | None) -> float:
        """Probability that the value is meant, given what the query is about."""
        if topic is None:
            return self.share
        return self.share + float(topic[self.categories] @ (self.shares - self.share))


@dataclass(frozen=True, slots=True)
class Recognised:
    """A value found at tokens `start` to before `stop`."""

    start: int
    stop: int
    field: str
    value: str


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
        """From a title, a category and values of each product, "" where it has none."""
        tokens = analyser.tokens_of(titles)
        names, code = np.unique(np.array(category, str), return_inverse=True)
        said = _Titles(tokens, code)
        values: dict[str, tuple[AttributeValue, ...]] = {}
        for name, column in columns.items():
            for phrase, value in said.values(name, column, analyser).items():
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
                out.append(Recognised(start, stop, best.field, best.value))
        return out

    def about(self, tokens: Sequence[str]) -> int | None:
        """The likeliest category, by its place among their sorted names."""
        topic = self._topic(tokens)
        return None if topic is None else int(topic.argmax())

    def _topic(self, tokens: Sequence[str]) -> Shares | None:
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

    def topics(self, n_categories: int) -> dict[str, Topic]:
        """Token to categories and shares, each title counted once."""
        n = len(self.category)
        of = (np.ones(n), self.category, np.arange(n + 1))
        often = (self.holds.T @ sparse.csr_matrix(of, (n, n_categories))).tocsr()
        often.sort_indices()
        place, data = often.indices.astype(np.int64), often.data
        told = zip(self.vocabulary, pairwise(often.indptr), strict=True)
        return {w: (place[a:b], data[a:b] / data[a:b].sum()) for w, (a, b) in told}

    def values(
        self, name: str, column: Sequence[str], analyser: Analyser
    ) -> dict[str, AttributeValue]:
        """Phrase to value of one column, with how often titles that say it have it."""
        often = Counter(column)
        phrase_of = {value: " ".join(analyser.tokens(value)) for value in often}
        rising = sorted(often, key=lambda value: (often[value], value))
        written = {phrase_of[value]: value for value in rising}  # the most frequent way
        phrases = np.array([phrase_of[value] for value in column], object)
        out = {}
        for phrase, n in Counter(phrases.tolist()).items():
            # A number, a negation or a long text is no value that a query names.
            short = 0 < len(phrase.split()) <= _LONGEST and not phrase.isdigit()
            if n >= _RARE and short and phrase not in NEGATIONS:
                rows = self.with_phrase(phrase)
                shares = _shares(phrases[rows] == phrase, self.category[rows])
                out[phrase] = AttributeValue(name, written[phrase], n, *shares)
        return out

    def with_phrase(self, phrase: str) -> Longs:
        """Titles that say a phrase, each once."""
        codes = [self.vocabulary.get(word, -1) for word in phrase.split(" ")]
        if min(codes) < 0:
            return np.empty(0, np.int64)
        row, start = self.holds.indices, self.holds.indptr
        rows = min((row[start[c] : start[c + 1]] for c in codes), key=len).tolist()
        return np.array([r for r in rows if f" {phrase} " in self.texts[r]], np.int64)


def _shares(hit: NDArray[np.bool_], category: Longs) -> tuple[float, Longs, Shares]:
    """Share of hits, over all and by category; certain where no title says a word."""
    overall = (hit.sum() + 1.0) / (len(hit) + 1.0)
    places, which, n = np.unique(category, return_inverse=True, return_counts=True)
    hits = np.bincount(which, hit, minlength=len(places))
    return float(overall), places, (hits + _PRIOR * overall) / (n + _PRIOR)
