"""A collection's texts by the words of its queries: what BM25 and its kin count.

Nothing else of a text is kept than its length and the words that some query asks for,
so that a million documents take a few hundred megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray
from scipy import sparse

from sevensteps.search.analysis import Analyser
from sevensteps.search.documents import Vocabulary

from .collections import Collection

FIELDS = ("title", "body", "facets")
BLOCK = 50_000  # documents cut into words at once
Floats = NDArray[np.float32]
Ids = NDArray[np.integer[Any]]
Weighed = tuple[tuple[str, float], ...]  # words with weights
ANALYSER = Analyser()


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity
class Texts:
    """Counts of asked words in every field of every document.

    Attributes
    ----------
    words : the asked words, in the order of the columns
    order : each query's words as it has them
    asked : (m, words) how often each query has each word, or a synonym's weight
    counts : (n, words) of each field
    length : (n,) words of each field
    """

    words: tuple[str, ...]
    order: tuple[tuple[int, ...], ...]
    asked: sparse.csr_matrix
    counts: Mapping[str, sparse.csr_matrix]
    length: Mapping[str, Floats]

    @property
    def n_documents(self) -> int:
        """How many documents there are."""
        return len(self.length[FIELDS[0]])

    def rarity(self, fields: tuple[str, ...] = FIELDS) -> Floats:
        """(words,) inverse document frequency over some fields together.

        Source: Robertson and Zaragoza, Foundations and Trends in IR 3 (2009), with one
        added within the logarithm, so that no word counts less than nothing.
        """
        n = self.n_documents
        either = sum((self.counts[f] > 0).astype(np.int8) for f in fields)
        seen = np.bincount(either.indices, minlength=len(self.words))
        return np.log1p((n - seen + 0.5) / (seen + 0.5)).astype(np.float32)


def stemmed(word: str) -> str:
    """A word without its English endings, by Snowball's rules, as tantivy has them."""
    found = _stemmer().analyze(word)
    return found[0] if found else word


@cache
def _stemmer() -> Any:
    built = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return built.filter(tantivy.Filter.stemmer("english")).build()


FORMS: Mapping[str, Callable[[str], str]] = {
    "plurals": ANALYSER.stemmed,
    "stems": stemmed,
}


@dataclass(frozen=True, slots=True)
class Wording:
    """Other words of queries.

    Attributes
    ----------
    query : (m,) each in other words
    more : (m,) of words that will do as well, with weights in (0, 1]
    """

    query: NDArray[np.object_]
    more: tuple[Weighed, ...]


def texts_of(data: Collection, wording: Wording | None = None) -> dict[str, Texts]:
    """Texts by form of the words: plurals made singular, or stems.

    Parameters
    ----------
    wording : of the queries as understood, whose stems are a third form
    """
    told: NDArray[np.object_] = data.query
    more: list[Weighed] = [()] * data.n_queries
    if wording is not None:
        told, more = np.r_[told, wording.query], [*more, *wording.more]
    words = [kept_words(ANALYSER.words(text)) for text in told]
    asked = {name: _numbered(words, more, form) for name, form in FORMS.items()}
    places = {name: place for name, (place, _, _) in asked.items()}
    counted = {f: _counted(getattr(data, f), places) for f in FIELDS}
    made, m = {}, data.n_queries
    for name, (place, order, matrix) in asked.items():
        counts = {f: by_form[name] for f, (by_form, _) in counted.items()}
        length = {f: size for f, (_, size) in counted.items()}
        made[name] = Texts(tuple(place), order[:m], matrix[:m], counts, length)
    if wording is not None:
        _, order, matrix = asked["stems"]
        made["understood"] = replace(
            made["stems"], order=order[m:], asked=matrix[m:].tocsr()
        )
    return made


def kept_words(words: list[str]) -> list[str]:
    """Words without stop words, unless there are no others."""
    return [w for w in words if w not in ANALYSER.stopwords] or words


def _numbered(
    queries: list[list[str]], more: Sequence[Weighed], form: Callable[[str], str]
) -> tuple[dict[str, int], tuple[tuple[int, ...], ...], sparse.csr_matrix]:
    """Columns of words, each query's own words in order, and (queries, columns)."""
    place: dict[str, int] = {}
    order, columns, weights, start = [], list[int](), list[float](), [0]
    for words, others in zip(queries, more, strict=True):
        order.append(tuple(place.setdefault(form(w), len(place)) for w in words))
        columns += order[-1]
        columns += (place.setdefault(form(w), len(place)) for w, _ in others)
        weights += [1.0] * len(words) + [weight for _, weight in others]
        start.append(len(columns))
    told = np.array(weights, np.float32), np.array(columns, np.int32), start
    made = sparse.csr_matrix(told, (len(queries), max(len(place), 1)))
    made.sum_duplicates()
    return place, tuple(order), made


def _counted(
    texts: NDArray[np.object_], places: Mapping[str, dict[str, int]]
) -> tuple[dict[str, sparse.csr_matrix], Floats]:
    """By form (n, words) counts of the asked words; and (n,) the lengths."""
    parts: dict[str, list[sparse.csr_matrix]] = {name: [] for name in places}
    size = []
    for codes, offsets, vocabulary in _words(texts):
        real = np.array([w not in ANALYSER.stopwords for w in vocabulary], bool)
        before = np.concatenate([[0], np.cumsum(real[codes] if len(real) else [])])
        size.append((before[offsets[1:]] - before[offsets[:-1]]).astype(np.float32))
        for name, place in places.items():
            parts[name].append(_matrix(codes, offsets, vocabulary, place, FORMS[name]))
    return {n: sparse.vstack(p, "csr") for n, p in parts.items()}, np.concatenate(size)


def _words(
    texts: NDArray[np.object_],
) -> Iterator[tuple[Ids, NDArray[np.int64], Vocabulary]]:
    for begin in range(0, len(texts), BLOCK):
        words = ANALYSER.words_of(list(texts[begin : begin + BLOCK]))
        yield words.code, words.start, words.vocabulary


def _matrix(
    codes: Ids,
    offsets: NDArray[np.int64],
    vocabulary: Vocabulary,
    place: dict[str, int],
    form: Callable[[str], str],
) -> sparse.csr_matrix:
    """(n, words) of a block: the words that nobody asks for are left out."""
    table = np.array([place.get(form(w), -1) for w in vocabulary] + [-1], np.int32)
    column = table[codes]
    before = np.concatenate([[0], np.cumsum(column >= 0)])
    kept = column[column >= 0]
    shape = len(offsets) - 1, max(len(place), 1)
    ones = np.ones(len(kept), np.float32)
    made = sparse.csr_matrix((ones, kept, before[offsets]), shape)
    made.sum_duplicates()
    return made
