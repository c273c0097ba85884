"""Spelling by a collection's own words: a noisy channel over SymSpell's candidates.

What was typed is explained in one of three ways: a known word with mistakes, two words
run together or one torn apart, or a word that is not known. The last keeps names that
nobody listed from being "corrected" into furniture.

Sources: the noisy channel, Kernighan, Church and Gale (1990); candidates by deletions,
W. Garbe's SymSpell (2012), in `symspellpy`. What an edit costs is after the order of
the former, who counted edits in corrected news, for a keyboard's typists; first letters
are seldom wrong (Yannakoudakis and Fawthrop, 1983).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import log
from typing import Any

import numpy as np
from scipy import sparse
from symspellpy import SymSpell, Verbosity

from .text import STOPWORDS, Longs, Tokens, english_stem

Pair = tuple[str, str]
_SHORT = 3  # letters of words that nobody dares to correct
_FAR = 6  # letters from which two mistakes are thinkable
_TRIED = 8  # candidates that are weighed, the most frequent
_CONTEXT = 0.7  # trust in the words beside, against a word's own frequency
_RARE = 2  # words seen less often are known, yet nothing is corrected into them
_OFTEN = 50  # searches that a word needs to be known although no text has it

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_STAGGER = (0.0, 0.25, 0.75)  # a row begins this much further right, in keys
_AT = {
    letter: (row, column + _STAGGER[row])
    for row, letters in enumerate(_ROWS)
    for column, letter in enumerate(letters)
}
#: Pairs of letters whose keys touch, on a QWERTY keyboard.
_BESIDE = {
    (one, other)
    for one, (row, column) in _AT.items()
    for other, (other_row, other_column) in _AT.items()
    if one != other and abs(row - other_row) <= 1 and abs(column - other_column) < 1.1
}
_VOWELS = frozenset("aeiouy")
# Surprise in nats, before any edit is known from a log.
_SLIP, _DOUBLE, _SWAP, _DROP, _VOWEL, _OTHER = 3.0, 2.5, 3.0, 3.5, 3.5, 5.0
_FIRST = 1.5  # more for the first letter
_SPACE = 3.0  # a space too many or too few


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How often words, and pairs of words side by side, are used."""

    words: Mapping[str, int]
    pairs: Mapping[Pair, int]

    @classmethod
    def of(cls, texts: Tokens, times: Longs | None = None, rare: int = 1) -> WordCounts:
        """From texts, each counted so many `times`; pairs below `rare` are left out."""
        words, row = [*texts.vocabulary], texts.row
        weight = np.ones(len(row)) if times is None else times[row].astype(np.float64)
        counts = np.bincount(texts.code, weight, minlength=len(words)).astype(np.int64)
        same = np.flatnonzero(row[:-1] == row[1:])
        at = texts.code[same], texts.code[same + 1]
        table = sparse.coo_matrix((weight[same], at), (len(words), len(words)))
        beside = table.tocsr().tocoo()  # sums what stands there twice
        often = beside.data.astype(int).tolist()
        told = zip(beside.row, beside.col, often, strict=True)
        pairs = {(words[a], words[b]): n for a, b, n in told if n >= rare}
        return cls(dict(zip(words, counts.tolist(), strict=True)), pairs)


NOBODY = WordCounts({}, {})


@dataclass(frozen=True)
class Speller:
    """Corrects words; made by `fit`."""

    counts: Mapping[str, int]  # known words, never touched
    pairs: Mapping[Pair, int]  # known neighbours
    n_words: int
    symspell: Any
    written_pairs: Mapping[Pair, int]  # neighbours in the collection
    new_word: float = -5.0  # log-probability of a word which is not known
    letter: float = -1.7  # and of each of its letters

    @classmethod
    def fit(
        cls, written: WordCounts, asked: WordCounts = NOBODY, rare: int = _RARE
    ) -> Speller:
        """From the words of a collection and of its search log, not stemmed."""
        if not written.words:
            raise ValueError("a speller needs the words of a collection; got none")
        symspell = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        counts = {w: n + asked.words.get(w, 0) for w, n in written.words.items()}
        for word, n in counts.items():
            if n >= rare and len(word) > 1 and word.isalpha():
                symspell.create_dictionary_entry(word, n)
        for word in _asked_for(written, asked, symspell):
            counts[word] = asked.words[word]
            symspell.create_dictionary_entry(word, counts[word])
        pairs = Counter(written.pairs) + Counter(asked.pairs)
        return cls(counts, pairs, sum(counts.values()), symspell, written.pairs)

    def knowing(self, new: WordCounts) -> Speller:
        """The same, to which the words of new texts count as spelt right."""
        return replace(
            self,
            counts=Counter(self.counts) + Counter(new.words),
            pairs=Counter(self.pairs) + Counter(new.pairs),
            written_pairs=Counter(self.written_pairs) + Counter(new.pairs),
            n_words=self.n_words + sum(new.words.values()),
        )

    @cached_property
    def _stems(self) -> frozenset[str]:
        """Words with another ending than these are found as they are."""
        return frozenset(map(english_stem, self.counts))

    def __call__(
        self, words: Sequence[str], plain: Container[str] = STOPWORDS
    ) -> tuple[tuple[str, ...], tuple[Pair, ...]]:
        """A query's words (`Analyser.words`) as meant, and (as typed, as taken) pairs.

        Known words, those that are `plain`, numbers and words of three letters or fewer
        stay, except where two make one known word and never stand side by side in the
        collection.
        """
        out: list[str] = []
        changes: list[Pair] = []
        at = 0
        while at < len(words):
            word, after = words[at], words[at + 1] if at + 1 < len(words) else ""
            if after and self._torn(word, after):
                taken, step = [word + after], 2
            elif word in plain:
                taken, step = [word], 1
            else:
                left = out[-1] if out else ""
                taken, step = self._taken(word, left, after), 1
            typed, meant = " ".join(words[at : at + step]), " ".join(taken)
            if typed != meant:
                changes.append((typed, meant))
            out += taken
            at += step
        return tuple(out), tuple(changes)

    def _taken(self, word: str, left: str, right: str) -> list[str]:
        """The best explanation of one word."""
        if len(word) <= _SHORT or not (word.isascii() and word.isalpha()):
            return [word]
        if word in self.counts or english_stem(word) in self._stems:
            return [word]
        best, taken = self._log_p(word), [word]
        far = 2 if len(word) >= _FAR else 1
        near = self.symspell.lookup(word, Verbosity.CLOSEST, max_edit_distance=far)
        for other in (item.term for item in near[:_TRIED]):
            score = self._fit_in(other, left, right) - surprise(word, other)
            if score > best:
                best, taken = score, [other]
        for i in range(2, len(word) - 1):
            one, two = word[:i], word[i:]
            if (n := self.pairs.get((one, two))) and not {one, two} & STOPWORDS:
                score = log(n / self.n_words) - _SPACE
                if score > best:
                    best, taken = score, [one, two]
        return taken

    def _fit_in(self, word: str, left: str, right: str) -> float:
        """log P(word) between its neighbours."""
        own = self.counts[word] / self.n_words
        score = log(own)
        for one, two, beside in ((left, word, left), (word, right, right)):
            if n := self.counts.get(beside, 0):
                # A neighbour multiplies the odds by how much oftener it is seen here.
                lift = self.pairs.get((one, two), 0) / (n * own)
                score += log(1 - _CONTEXT + _CONTEXT * lift)
        return score

    def _torn(self, one: str, two: str) -> bool:
        """Whether two words are one that was torn apart."""
        whole = self.counts.get(one + two, 0)
        if not whole or (one, two) in self.written_pairs:
            return False
        if min(len(one), len(two)) < _SHORT or {one, two} & STOPWORDS:
            return False  # "in door", "de lis"
        apart = self._log_p(one) + self._log_p(two)
        if n := self.pairs.get((one, two)):
            apart = max(apart, log(n / self.n_words))
        return log(whole / self.n_words) - _SPACE > apart

    def _log_p(self, word: str) -> float:
        """log P(word), known or not."""
        if n := self.counts.get(word):
            return log(n / self.n_words)
        return self.new_word + self.letter * len(word)


def _asked_for(written: WordCounts, asked: WordCounts, symspell: Any) -> list[str]:
    """Words that many ask for and no text has, but for common misspellings."""
    known = []
    for word, n in asked.words.items():
        if n < _OFTEN or word in written.words or not word.isalpha():
            continue
        near = symspell.lookup(word, Verbosity.CLOSEST, max_edit_distance=1)
        if all(asked.words.get(item.term, 0) < 10 * n for item in near):
            known.append(word)
    return known


def surprise(typed: str, meant: str) -> float:
    """-log P(typed | meant), up to a constant: a weighted edit distance.

    Substitutions, insertions, deletions, and transpositions of neighbours (optimal
    string alignment); slips to a key beside, letters doubled or halved, swapped
    letters and wrong vowels surprise less than others.

    >>> surprise("sofs", "sofa") < surprise("sofp", "sofa")
    True
    """
    before: list[float] = []
    last = [0.0, *(j * _OTHER + _FIRST for j in range(1, len(typed) + 1))]
    for i, letter in enumerate(meant):
        dropped = _dropped(meant, i)
        row = [last[0] + dropped]
        for j, other in enumerate(typed):
            first = _FIRST if not i and not j and letter != other else 0.0
            best = last[j] + first + _replaced(letter, other)
            best = min(best, last[j + 1] + dropped, row[j] + _added(typed, j, letter))
            if i and j and other == meant[i - 1] and letter == typed[j - 1] != other:
                best = min(best, before[j - 1] + _SWAP + (_FIRST if i == j == 1 else 0))
            row.append(best)
        before, last = last, row
    return last[-1]


def _replaced(meant: str, typed: str) -> float:
    """A letter that was typed for another."""
    if meant == typed:
        return 0.0
    if (meant, typed) in _BESIDE:
        return _SLIP
    return _VOWEL if meant in _VOWELS and typed in _VOWELS else _OTHER


def _dropped(meant: str, i: int) -> float:
    """A letter that was meant and not typed."""
    if i and meant[i] == meant[i - 1]:
        return _DOUBLE
    return _DROP + (0.0 if i else _FIRST)


def _added(typed: str, j: int, meant: str) -> float:
    """A letter that was typed and not meant, beside the one that was."""
    if j and typed[j] == typed[j - 1]:
        return _DOUBLE
    cost = _SLIP + 0.5 if (meant, typed[j]) in _BESIDE else _OTHER
    return cost + (0.0 if j else _FIRST)
