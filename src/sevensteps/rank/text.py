"""From text to tokens, and how much each says: BM25.

There is one way for documents and queries, or they never meet. Tantivy cuts words by a
regular expression, folds them to ASCII in lower case and takes their endings away (M.
Porter, "Snowball", 2001). Many texts are codes of words in one flat array: three
million of forty words take 480 MB, and would not fit as strings.

BM25 is here to be read. A column of its sparse matrix is a word, and holds the
documents that have it: this *is* an inverted index. An engine does the same, and skips
what cannot reach the top. Source: Robertson and Zaragoza, Foundations and Trends in IR
3 (2009), with the logarithm that stays positive, as in Lucene.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
import tantivy
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from .mlp import Floats

# Words that nearly every text has. "no", "not", "without" say something: they stay.
_STOPWORDS = """
    a an and are as at be by for from i in into is it its me my of on or our that the
    their them these this those to was we which will with you your
"""
STOPWORDS = frozenset(_STOPWORDS.split())
#: Words, numbers and signs of money: "60cm" is two words, "a4" is one.
_APART = r"\p{L}[\p{L}\p{M}\p{N}]*(?:['’]\p{L}+)*|\p{N}+(?:\.\p{N}+)*|[$€£]"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TOGETHER = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’]\p{L}+)*|[$€£]"

Ids = NDArray[np.int32]
Longs = NDArray[np.int64]
Vocabulary = Mapping[str, int]
Real = NDArray[np.floating]
K1, B = 1.2, 0.75  # how long repetitions go on to count; what a long text pays
AT_ONCE = 1 << 18  # documents whose words are counted together


@dataclass(frozen=True, slots=True)
class Tokens:
    """Texts as codes of words, one after another."""

    code: Ids  # (t,) every word of every text
    start: Longs  # (n + 1,) where each text begins; the last is t
    vocabulary: Vocabulary  # the code of each word, in the order of the codes

    def __post_init__(self) -> None:
        """Refuse offsets or codes that point nowhere."""
        ends = len(self.start) > 0 and (self.start[0], self.start[-1])
        if ends != (0, len(self.code)) or (np.diff(self.start) < 0).any():
            raise ValueError("`start` must rise from 0 to the number of words")
        check_codes(self.code, 0, len(self.vocabulary))

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def length(self) -> Ids:
        """(n,) words of each text."""
        return np.diff(self.start).astype(np.int32)

    @property
    def row(self) -> NDArray[np.intp]:
        """(t,) the text that each word stands in."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def texts(self) -> list[str]:
        """Each text's words with spaces between them."""
        words = np.array(list(self.vocabulary), object)[self.code].tolist()
        return [" ".join(words[a:b]) for a, b in pairwise(self.start.tolist())]

    def take(self, rows: ArrayLike) -> Tokens:
        """Some texts, with the same vocabulary."""
        at = np.asarray(rows, np.int32)
        size = self.start[at + 1] - self.start[at]
        start = np.concatenate([[0], np.cumsum(size, dtype=np.int64)])
        shift = np.repeat(self.start[at] - start[:-1], size)
        code = self.code[np.arange(start[-1]) + shift]
        return Tokens(code, start, self.vocabulary)

    def then(self, later: Tokens, vocabulary: Vocabulary) -> Tokens:
        """These texts and later ones; the vocabulary goes on from this one's."""
        table = np.array([vocabulary[word] for word in later.vocabulary], np.int32)
        code = np.concatenate([self.code, table[later.code]])
        start = np.concatenate([self.start, later.start[1:] + self.start[-1]])
        return Tokens(code, start, vocabulary)

    def counts(self) -> sparse.csr_matrix:
        """(n, words) how often each word stands in each text."""
        shape = len(self), len(self.vocabulary)
        ones = np.ones(len(self.code), np.float32)
        # A copy, because summing sorts the words in place.
        made = sparse.csr_matrix((ones, self.code, self.start), shape, copy=True)
        made.sum_duplicates()
        return made


def check_codes(code: Ids, least: int, n: int) -> None:
    """A ValueError for codes that are not among `least` to `n` - 1."""
    if len(code) and not least <= code.min() <= code.max() < n:
        raise ValueError(f"codes must be {least} to {n - 1}")


@dataclass(frozen=True, slots=True)
class Analyser:
    """How text becomes tokens. The same for documents and queries.

    >>> Analyser().tokens("Café chairs, 2seater; shelves for the hiker's boots")
    ['cafe', 'chair', '2', 'seater', 'shelv', 'hiker', 'boot']
    """

    stem: bool = True  # words lose their endings
    fold: bool = True  # é becomes e
    split_digits: bool = True  # "2seater" becomes "2 seater"
    stopwords: frozenset[str] = STOPWORDS  # words that are left out, not stemmed

    def words(self, text: str) -> list[str]:
        """Words in the order written, with stop words and endings."""
        found: list[str] = _splitter(self.fold, self.split_digits).analyze(_plain(text))
        return found

    def finish(self, words: Iterable[str]) -> list[str]:
        """Tokens from words: without stop words, and stemmed."""
        return [self.stemmed(word) for word in words if word not in self.stopwords]

    def stemmed(self, word: str) -> str:
        """One word without its ending, where that is asked for."""
        return english_stem(word) if self.stem else word

    def tokens(self, text: str) -> list[str]:
        """Tokens of one text."""
        return self.finish(self.words(text))

    def tokens_of(self, texts: Iterable[str]) -> Tokens:
        """Tokens of many texts, as `tokens` of each; a ValueError for a missing one."""
        words = self.words_of(texts)
        seen: dict[str, int] = {}
        place = np.full(len(words.vocabulary) + 1, -1, np.int32)
        for at, word in enumerate(words.vocabulary):
            if word not in self.stopwords:
                place[at] = seen.setdefault(self.stemmed(word), len(seen))
        code = place[words.code]
        before = np.concatenate([[0], np.cumsum(code >= 0)])
        return Tokens(code[code >= 0], before[words.start], seen)

    def words_of(self, texts: Iterable[str]) -> Tokens:
        """Words of many texts, as `words` gives them; otherwise as `tokens_of`."""
        words: dict[str, int] = {}
        code, start = array("i"), array("q", [0])

        @cache  # each distinct piece between spaces is cut once
        def cut(piece: str) -> list[int]:
            return [words.setdefault(w, len(words)) for w in self.words(piece)]

        for text in texts:
            if not isinstance(text, str):
                raise ValueError(
                    f"texts are strings; one is {text!r}: put '' where there is none"
                )
            code.extend(chain.from_iterable(map(cut, text.split())))
            start.append(len(code))
        return Tokens(np.array(code, np.int32), np.array(start, np.int64), words)


@lru_cache(maxsize=1 << 16)
def english_stem(word: str) -> str:
    """A word in lower case without its ending.

    >>> [english_stem(word) for word in "shelves shelving hiked batteries lens".split()]
    ['shelv', 'shelv', 'hike', 'batteri', 'len']
    """
    found: list[str] = _stemmer().analyze(word)
    return found[0]


@cache
def _splitter(fold: bool, split_digits: bool) -> Any:
    """Tantivy's analyser for words as they are written."""
    pattern = _APART if split_digits else _TOGETHER
    made = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(pattern))
    made = made.filter(tantivy.Filter.lowercase())
    return (made.filter(tantivy.Filter.ascii_fold()) if fold else made).build()


@cache
def _stemmer() -> Any:
    made = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    return made.filter(tantivy.Filter.stemmer("english")).build()


def _plain(text: str) -> str:
    """Letters with their accents in one, 1,200 as 1200, no halves of characters."""
    if not text.isascii():
        whole = text.encode("utf-8", "replace").decode("utf-8")
        text = unicodedata.normalize("NFKC", whole)
    return _THOUSANDS.sub("", text)


def saturation(often: Real, length: Real, k1: float = K1, b: float = B) -> Real:
    """What a word counts that stands `often` in a text of `length` mean lengths.

    From 0 to `k1` + 1 times its inverse document frequency.
    """
    return (k1 + 1) * often / (often + k1 * (1 - b + b * length) + (often == 0))


@dataclass(frozen=True, slots=True)
class TermStatistics:
    """What BM25 must know of a collection."""

    idf: Floats  # (words,) inverse document frequency of each word
    mean_length: float  # words of a text

    @classmethod
    def of(cls, tokens: Tokens) -> TermStatistics:
        """Of one field of all documents."""
        holds, n = np.zeros(len(tokens.vocabulary), np.int64), len(tokens)
        for first in range(0, n, AT_ONCE):
            held = tokens.take(range(first, min(first + AT_ONCE, n))).counts()
            holds += np.bincount(held.indices, minlength=len(holds))
        return cls(_idf(holds, n), max(len(tokens.code) / max(n, 1), 1e-9))

    def padded(self, n_words: int, n: int) -> TermStatistics:
        """With further words of `n` documents: as rare as a word can be."""
        rare = _idf(np.zeros(n_words - len(self.idf), np.int64), n)
        return TermStatistics(np.concatenate([self.idf, rare]), self.mean_length)


def _idf(holds: Longs, n: int) -> Floats:
    """The weight of words which so many of `n` documents hold."""
    return np.log1p((n - holds + 0.5) / (holds + 0.5)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Bm25:
    """What each word adds to the score of each document."""

    part: sparse.csc_matrix  # (n, words) sparse, by column
    vocabulary: Vocabulary  # the column of each word

    @classmethod
    def of(cls, tokens: Tokens, k1: float = K1, b: float = B) -> Bm25:
        """From texts."""
        counts, known = tokens.counts().tocsc(), TermStatistics.of(tokens)
        length = (tokens.length / known.mean_length)[counts.indices]
        idf = np.repeat(known.idf, np.diff(counts.indptr))
        weight = idf * saturation(counts.data, length, k1, b)
        part = sparse.csc_matrix((weight, counts.indices, counts.indptr), counts.shape)
        return cls(part, tokens.vocabulary)

    def scores(self, words: Iterable[str]) -> Floats:
        """(n,) scores of all documents; a word that is asked twice counts twice.

        >>> texts = Analyser().tokens_of(["red sofa", "red, red lamp"])
        >>> Bm25.of(texts).scores(["sofa", "divan"]).astype(float).round(3).tolist()
        [0.755, 0.0]
        """
        asked = [self.vocabulary[word] for word in words if word in self.vocabulary]
        return np.asarray(self.part[:, asked].sum(axis=1)).ravel().astype(np.float32)
