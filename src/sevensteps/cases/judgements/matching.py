"""BM25 of several fields with any setting: of given pairs, and of all documents.

A pair's words are looked up once; each setting is then a few sums. So k1, b and what a
match in the title counts can be tuned in seconds, which an engine's index, that has
them built in, cannot.

Source: BM25F, Robertson, Zaragoza and Taylor, CIKM (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .texts import FIELDS, Floats, Ids, Texts

AT_ONCE = 64  # queries that are scored against all documents at once


@dataclass(frozen=True, slots=True)
class Setting:
    """What BM25 can be told.

    Attributes
    ----------
    k1 : how much a second mention of a word adds
    b : how much long texts are held back, from 0 to 1
    title, body, facets : what a match in each field counts
    form : of the words, "plurals" or "stems"
    """

    k1: float = 1.2
    b: float = 0.75
    title: float = 1.0
    body: float = 1.0
    facets: float = 1.0
    form: str = "stems"

    def weight(self, field: str) -> float:
        """What a match in a field counts."""
        return float(getattr(self, field))


PLAIN = Setting(title=3, b=0.5)  # before anything is tuned


@dataclass(frozen=True, slots=True)
class Matches:
    """The words of each pair's query that its document has.

    Attributes
    ----------
    pair, word : (e,) of each match
    times : (e,) how often the query has the word
    count, relative : (e,) by field: how often the document has it, and how long the
                    field is, over the mean
    rarity : (words,)
    n_pairs : int
    """

    pair: NDArray[np.int64]
    word: Ids
    times: Floats
    count: dict[str, Floats]
    relative: dict[str, Floats]
    rarity: Floats
    n_pairs: int

    @classmethod
    def of(cls, texts: Texts, row: Ids, item: Ids) -> Matches:
        """Of pairs of a query and a document."""
        asked, size = texts.asked, np.diff(texts.asked.indptr)[row]
        pair = np.repeat(np.arange(len(row)), size)
        first = np.repeat(asked.indptr[row] - np.cumsum(size) + size, size)
        at = first + np.arange(len(pair))
        word, times = asked.indices[at], asked.data[at]
        of = item[pair]
        count = {f: _looked_up(texts.counts[f], of, word) for f in FIELDS}
        some = sum(count.values()) > 0
        pair, word, times, of = pair[some], word[some], times[some], of[some]
        relative = {f: _relative(texts.length[f])[of] for f in FIELDS}
        count = {f: told[some] for f, told in count.items()}
        return cls(pair, word, times, count, relative, texts.rarity(), len(row))

    def take(self, kept: NDArray[np.bool_]) -> Matches:
        """Of some of the pairs, numbered anew."""
        some = kept[self.pair]
        number = np.cumsum(kept) - 1
        return Matches(
            number[self.pair[some]],
            self.word[some],
            self.times[some],
            {f: told[some] for f, told in self.count.items()},
            {f: told[some] for f, told in self.relative.items()},
            self.rarity,
            int(kept.sum()),
        )

    def weight(self, setting: Setting) -> Floats:
        """(e,) how strongly each match speaks, from 0 to 1."""
        often = np.zeros(len(self.pair), np.float32)
        for field in FIELDS:
            if boost := setting.weight(field):
                long = 1 - setting.b + setting.b * self.relative[field]
                often += boost * self.count[field] / long
        return often / (setting.k1 + often)

    def score(self, setting: Setting) -> Floats:
        """(pairs,) BM25F."""
        worth = self.weight(setting) * self.times * self.rarity[self.word]
        return self.sum(worth)

    def sum(self, values: Floats) -> Floats:
        """(pairs,) sums of numbers of the matches."""
        total = np.bincount(self.pair, values, minlength=self.n_pairs)
        return total.astype(np.float32)


def _looked_up(counts: sparse.csr_matrix, row: Ids, column: Ids) -> Floats:
    if not len(row):
        return np.empty(0, np.float32)
    return np.asarray(counts[row, column], np.float32).ravel()


def _relative(length: Floats) -> Floats:
    return length / max(float(length.mean()), 1e-9)


def best(
    texts: Texts, setting: Setting, k: int, queries: NDArray[np.intp] | None = None
) -> Ids:
    """(m, k) documents by falling BM25F, of all; -1 where no word is met."""
    every = _weights(texts, setting).T.tocsr()
    asked = texts.asked if queries is None else texts.asked[queries]
    found = np.full((asked.shape[0], k), -1, np.int32)
    for begin in range(0, len(found), AT_ONCE):
        scores = (asked[begin : begin + AT_ONCE] @ every).tocsr()
        for place in range(scores.shape[0]):
            part = slice(scores.indptr[place], scores.indptr[place + 1])
            item, score = scores.indices[part], scores.data[part]
            if len(item) > k:
                top = np.argpartition(-score, k)[:k]
                item, score = item[top], score[top]
            order = np.lexsort((item, -score))
            found[begin + place, : len(item)] = item[order]
    return found


def _weights(texts: Texts, setting: Setting) -> sparse.csr_matrix:
    """(n, words) what each word adds to a query that has it."""
    total = sparse.csr_matrix(texts.counts[FIELDS[0]].shape, dtype=np.float32)
    for field in FIELDS:
        if boost := setting.weight(field):
            relative = _relative(texts.length[field])
            long = boost / (1 - setting.b + setting.b * relative)
            total = total + sparse.diags(long.astype(np.float32)) @ texts.counts[field]
    total = total.tocsr()
    total.data = total.data / (setting.k1 + total.data)
    total.data *= texts.rarity()[total.indices]
    return total
