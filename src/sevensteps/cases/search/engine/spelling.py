"""Spelling by the catalogue's own words: a noisy channel over SymSpell's candidates.

What was typed is explained in one of three ways: a known word with mistakes, two words
run together or one torn apart, or a word that the shop does not know. The last keeps
names that nobody listed from being "corrected" into furniture.

Sources: the noisy channel, Kernighan, Church and Gale (1990); candidates by deletions,
W. Garbe's SymSpell (2012), in `symspellpy`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from symspellpy import SymSpell, Verbosity

from .analysis import STOPWORDS, english_stem
from .documents import Tokens
from .keyboard import SPACE, surprise
from .query import CONSTRAINT_WORDS, Pairs

Pair = tuple[str, str]
_PLAIN = STOPWORDS | CONSTRAINT_WORDS  # known without a catalogue
_SHORT = 3  # letters of words that nobody dares to correct
_FAR = 6  # letters from which two mistakes are thinkable
_TRIED = 8  # candidates that are weighed, the most frequent
_CONTEXT = 0.7  # trust in the words beside, against a word's own frequency
_RARE = 2  # words seen less often are known, yet nothing is corrected into them
_OFTEN = 50  # searches that a word needs to be known although no product has it


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How often words, and pairs of words side by side, are used."""

    words: Mapping[str, int]
    pairs: Mapping[Pair, int]

    @classmethod
    def of(
        cls, texts: Tokens, times: NDArray[np.int64] | None = None, rare: int = 1
    ) -> WordCounts:
        """From texts, each counted so many `times`; pairs below `rare` are left out."""
        words, row = [*texts.vocabulary], texts.row
        weight = np.ones(len(row)) if times is None else times[row].astype(np.float64)
        counts = np.bincount(texts.code, weight, minlength=len(words)).astype(np.int64)
        same = row[:-1] == row[1:]
        left = texts.code[:-1][same].astype(np.int64)
        key = left * len(words) + texts.code[1:][same]
        distinct, place = np.unique(key, return_inverse=True)
        together = np.bincount(place, weight[:-1][same], minlength=len(distinct))
        often = together >= rare
        one, other = np.divmod(distinct[often], max(len(words), 1))
        pairs = {
            (words[a], words[b]): int(n)
            for a, b, n in zip(one, other, together[often], strict=True)
        }
        return cls(dict(zip(words, counts.tolist(), strict=True)), pairs)


NOBODY = WordCounts({}, {})


@dataclass(frozen=True)
class Speller:
    """Corrects words; made by `fit`."""

    counts: Mapping[str, int]  # known words, never touched
    pairs: Mapping[Pair, int]  # known neighbours
    n_words: int
    symspell: Any
    written_pairs: Mapping[Pair, int]  # neighbours in the catalogue
    new_word: float = -5.0  # log-probability of a word which the shop does not know
    letter: float = -1.7  # and of each of its letters

    @classmethod
    def fit(
        cls, written: WordCounts, asked: WordCounts = NOBODY, rare: int = _RARE
    ) -> Speller:
        """From a shop's words and those of its log, not stemmed."""
        if not written.words:
            raise ValueError("a speller needs the words of a catalogue; got none")
        symspell = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        counts = {w: n + asked.words.get(w, 0) for w, n in written.words.items()}
        for word, n in counts.items():
            if n >= rare and len(word) > 1 and word.isalpha():
                symspell.create_dictionary_entry(word, n)
        for word in _asked_for(written, asked, symspell):
            counts[word] = asked.words[word]
            symspell.create_dictionary_entry(word, counts[word])
        pairs = _summed(written.pairs, asked.pairs)
        return cls(counts, pairs, sum(counts.values()), symspell, written.pairs)

    def knowing(self, new: WordCounts) -> Speller:
        """The same, to which the words of new products count as spelt right."""
        return replace(
            self,
            counts=_summed(self.counts, new.words),
            pairs=_summed(self.pairs, new.pairs),
            written_pairs=_summed(self.written_pairs, new.pairs),
            n_words=self.n_words + sum(new.words.values()),
        )

    @cached_property
    def _stems(self) -> frozenset[str]:
        """Words with another ending than these are found as they are."""
        return frozenset(map(english_stem, self.counts))

    def __call__(self, words: Sequence[str]) -> tuple[tuple[str, ...], Pairs]:
        """A query's words (`Analyser.words`) as meant, and (as typed, as taken) pairs.

        Known words, numbers and words of three letters or fewer stay, except where
        two make one known word and never stand side by side in the catalogue.
        """
        out: list[str] = []
        changes: list[Pair] = []
        at = 0
        while at < len(words):
            word, after = words[at], words[at + 1] if at + 1 < len(words) else ""
            if after and self._torn(word, after):
                taken, step = [word + after], 2
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
        if word in _PLAIN or word in self.counts or english_stem(word) in self._stems:
            return [word]
        best, taken = self._log_p(word), [word]
        for other in self._candidates(word):
            score = self._fit_in(other, left, right) - surprise(word, other)
            if score > best:
                best, taken = score, [other]
        for i in range(2, len(word) - 1):
            one, two = word[:i], word[i:]
            if (n := self.pairs.get((one, two))) and not {one, two} & STOPWORDS:
                score = log(n / self.n_words) - SPACE
                if score > best:
                    best, taken = score, [one, two]
        return taken

    def _candidates(self, word: str) -> list[str]:
        """Known words nearest to a word, the most frequent of them."""
        far = 2 if len(word) >= _FAR else 1
        found = self.symspell.lookup(word, Verbosity.CLOSEST, max_edit_distance=far)
        return [item.term for item in found[:_TRIED]]

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
        return log(whole / self.n_words) - SPACE > apart

    def _log_p(self, word: str) -> float:
        """log P(word) of a known word, or of one that the shop does not know."""
        if n := self.counts.get(word):
            return log(n / self.n_words)
        return self.new_word + self.letter * len(word)


def _asked_for(written: WordCounts, asked: WordCounts, symspell: Any) -> list[str]:
    """Words that many ask for and no product has, but for common misspellings."""
    known = []
    for word, n in asked.words.items():
        if n < _OFTEN or word in written.words or not word.isalpha():
            continue
        near = symspell.lookup(word, Verbosity.CLOSEST, max_edit_distance=1)
        if all(asked.words.get(item.term, 0) < 10 * n for item in near):
            known.append(word)
    return known


def _summed(one: Mapping[Any, int], other: Mapping[Any, int]) -> dict[Any, int]:
    """Counts of two kinds together."""
    return dict(Counter(one) + Counter(other))
