"""Spelling by the catalogue's own words: a noisy channel over SymSpell's candidates.

What was typed is explained in one of three ways: a known word with mistakes, two words
run together or one torn apart, or a word that the shop does not know. The last keeps
names that nobody listed from being "corrected" into furniture.

Sources: the noisy channel, Kernighan, Church and Gale (1990); candidates by deletions,
W. Garbe's SymSpell (2012), in `symspellpy`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any

from symspellpy import SymSpell, Verbosity

from .analysis import STOPWORDS, english_stem
from .keyboard import SPACE, surprise
from .query_constraints import CONSTRAINT_WORDS
from .usage import Pair, Usage

_PLAIN = STOPWORDS | CONSTRAINT_WORDS  # known without a catalogue
_SHORT = 3  # letters of words that nobody dares to correct
_FAR = 6  # letters from which two mistakes are thinkable
_TRIED = 8  # candidates that are weighed, the most frequent
_CONTEXT = 0.7  # trust in the words beside, against a word's own frequency


@dataclass(frozen=True, slots=True)
class Correction:
    """Words as meant, and what was changed: (as typed, as taken) pairs."""

    words: tuple[str, ...]
    changes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Speller:
    """Corrects words; made by `fit`.

    Attributes
    ----------
    counts : known words, never touched
    pairs : known neighbours
    new_word : log-probability that a shopper types a word which the shop does not know
    letter : log-probability of each letter of such a word
    """

    counts: Mapping[str, int]
    pairs: Mapping[Pair, int]
    n_words: int
    symspell: Any
    written_pairs: Mapping[Pair, int]
    new_word: float = -5.0
    letter: float = -1.7

    @classmethod
    def fit(cls, usage: Usage, rare: int = 2, often: int = 50) -> Speller:
        """From a shop's words.

        Parameters
        ----------
        usage : words and pairs of words, not stemmed
        rare : words seen less often are known, yet nothing is corrected into them
        often : searches that a word needs to be known although no product has it

        Raises
        ------
        ValueError
            if the shop has no words
        """
        if not usage.written:
            raise ValueError("a speller needs the words of a catalogue; got none")
        symspell = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        counts = {w: n + usage.asked.get(w, 0) for w, n in usage.written.items()}
        for word, n in counts.items():
            if n >= rare and len(word) > 1 and word.isalpha():
                symspell.create_dictionary_entry(word, n)
        for word in _asked_for(usage, symspell, often):
            counts[word] = usage.asked[word]
            symspell.create_dictionary_entry(word, counts[word])
        pairs = dict(usage.pairs)
        for pair, n in usage.asked_pairs.items():
            pairs[pair] = pairs.get(pair, 0) + n
        return cls(counts, pairs, sum(counts.values()), symspell, usage.pairs)

    @cached_property
    def _stems(self) -> frozenset[str]:
        """Words with another ending than these are found as they are."""
        return frozenset(map(english_stem, self.counts))

    def __call__(self, words: Sequence[str]) -> Correction:
        """Correct a query's words (`Analyser.words`: not stemmed).

        Known words, numbers and words of three letters or fewer stay, except where
        two make one known word and never stand side by side in the catalogue.
        """
        out: list[str] = []
        changes: list[tuple[str, str]] = []
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
        return Correction(tuple(out), tuple(changes))

    def _taken(self, word: str, left: str, right: str) -> list[str]:
        """The best explanation of one word."""
        if len(word) <= _SHORT or not (word.isascii() and word.isalpha()):
            return [word]
        if word in _PLAIN or word in self.counts or english_stem(word) in self._stems:
            return [word]
        best, taken = self.new_word + self.letter * len(word), [word]
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
        apart = self._alone(one) + self._alone(two)
        if n := self.pairs.get((one, two)):
            apart = max(apart, log(n / self.n_words))
        return log(whole / self.n_words) - SPACE > apart

    def _alone(self, word: str) -> float:
        if n := self.counts.get(word):
            return log(n / self.n_words)
        return self.new_word + self.letter * len(word)


def _asked_for(usage: Usage, symspell: Any, often: int) -> list[str]:
    """Words that many ask for and no product has, but for common misspellings."""
    known = []
    for word, n in usage.asked.items():
        if n < often or word in usage.written or not word.isalpha():
            continue
        near = symspell.lookup(word, Verbosity.CLOSEST, max_edit_distance=1)
        if all(usage.asked.get(item.term, 0) < 10 * n for item in near):
            known.append(word)
    return known
