"""From text to tokens: one way for documents and queries, or they never meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from .documents import Tokens
from .pieces import UNIT_OF, is_number, with_units, without_spaces, words_in
from .stems import exceptions, singular

# Words that nearly every text has. "no", "not", "without" say something: they stay.
_STOPWORDS = """
    a an and are as at be by for from i in into is it its me my of on or our that the
    their them these this those to was we which will with you your
"""
STOPWORDS = frozenset(_STOPWORDS.split())
_BREAK = "\ue000"  # private use: stands between two texts that are cut in one go


@dataclass(frozen=True, slots=True)
class Analyser:
    """How text becomes tokens. The same for documents and queries.

    Attributes
    ----------
    stem : plurals become singulars (`stems.singular`)
    fold : é becomes e
    split_digits : "2seater" becomes "2 seater", "60cm" and 10" a number and a unit
    stopwords : words that are left out, not stemmed
    learned : a catalogue's exceptions to the rules for plurals (`learn`)

    >>> Analyser().tokens('Café chairs, 2seater; 10" shelves and a 3-in-1')
    ['cafe', 'chair', '2', 'seater', '10', 'inch', 'shelf', '3in1']
    """

    stem: bool = True
    fold: bool = True
    split_digits: bool = True
    stopwords: frozenset[str] = STOPWORDS
    learned: Mapping[str, str] = field(default_factory=dict)

    def words(self, text: str) -> list[str]:
        """Words in the order written, with stop words and plurals as they are."""
        found: list[str] = []
        for piece in (without_spaces(text) if self.split_digits else text).split():
            found += words_in(piece, self.fold, self.split_digits)
        return with_units(found) if self.split_digits else found

    def finish(self, words: Iterable[str]) -> list[str]:
        """Tokens from words: without stop words, and in the singular."""
        kept = (word for word in words if word not in self.stopwords)
        return [self.stemmed(word) for word in kept]

    def stemmed(self, word: str) -> str:
        """One word in the singular, where that is asked for."""
        return singular(word, self.learned) if self.stem else word

    def tokens(self, text: str) -> list[str]:
        """Tokens of one text."""
        return self.finish(self.words(text))

    def tokens_of(self, texts: Sequence[str], block: int = 20_000) -> Tokens:
        """Tokens of many texts; the same as `tokens` of each.

        Parameters
        ----------
        texts : any number of strings
        block : texts that are cut at a time

        Raises
        ------
        ValueError
            if one of the texts is not a string (a missing value, for instance)
        """
        words = self.words_of(texts, block)
        seen: dict[str, int] = {}
        place = np.full(len(words.vocabulary) + 1, -1, np.int32)
        for at, word in enumerate(words.vocabulary):
            if word not in self.stopwords:
                place[at] = seen.setdefault(self.stemmed(word), len(seen))
        code = place[words.code]
        before = np.concatenate([[0], np.cumsum(code >= 0)])
        return Tokens(code[code >= 0], before[words.start], seen)

    def words_of(self, texts: Sequence[str], block: int = 20_000) -> Tokens:
        """Words of many texts, as `words` gives them; otherwise as `tokens_of`."""
        words, parts = _Places({_BREAK: 0}), []
        pieces = _Pieces(self, words)
        rest = iter(texts)
        while some := list(islice(rest, block)):
            text = _joined(some)
            text = without_spaces(text) if self.split_digits else text
            parts.append(pieces.words_of(text.split()))
        codes = np.concatenate(parts) if parts else np.empty(0, np.int32)
        if self.split_digits:
            _spell_units(codes, words)
        return _apart(codes, list(words))

    def learn(self, texts: Sequence[str]) -> Analyser:
        """The same analyser with the exceptions that a catalogue's texts teach."""
        words = self.words_of(texts)
        counts = np.bincount(words.code, minlength=len(words.vocabulary)).tolist()
        told = dict(zip(words.vocabulary, counts, strict=True))
        return replace(self, learned=exceptions(told))


class _Places(dict[str, int]):
    """A number for each word, given when it is first asked for."""

    def __missing__(self, word: str) -> int:
        self[word] = place = len(self)
        return place


class _Pieces(dict[str, int]):
    """Distinct pieces of text: each is cut once, and the rest is arithmetic."""

    def __init__(self, analyser: Analyser, words: _Places) -> None:
        super().__init__()
        self._analyser, self._words = analyser, words
        self._codes: list[int] = []
        self._starts = [0]

    def __missing__(self, piece: str) -> int:
        self[piece] = place = len(self)
        how = self._analyser.fold, self._analyser.split_digits
        found = (_BREAK,) if piece == _BREAK else words_in(piece, *how)
        self._codes += [self._words[word] for word in found]
        self._starts.append(len(self._codes))
        return place

    def words_of(self, pieces: list[str]) -> NDArray[np.int32]:
        """Codes of the words of all pieces, one after the other."""
        which = np.fromiter(map(self.__getitem__, pieces), np.int64, len(pieces))
        starts = np.array(self._starts)
        n_words = np.diff(starts)[which]
        ends = np.cumsum(n_words)
        first = np.repeat(starts[which] - (ends - n_words), n_words)
        codes = np.array(self._codes, np.int32)
        return codes[first + np.arange(len(first))]


def _spell_units(codes: NDArray[np.int32], words: _Places) -> None:
    """What `with_units` does to a list, done in place to a stream of texts."""
    of, inch = words["of"], words["in"]
    unit = np.array([words[UNIT_OF.get(word, word)] for word in list(words)], np.int32)
    number = np.array([bool(is_number(word)) for word in words])
    is_unit = np.array([word in UNIT_OF for word in words])
    at = np.flatnonzero(number[codes[:-1]] & is_unit[codes[1:]]) + 1
    kept = (codes[at] == inch) & (at > 1) & (codes[at - 2] == of)
    codes[at[~kept]] = unit[codes[at[~kept]]]


def _apart(codes: NDArray[np.int32], words: list[str]) -> Tokens:
    """Texts from a stream of words with breaks (0), and the words that are in use."""
    used = np.bincount(codes, minlength=len(words)) > 0
    used[0] = False
    place = (np.cumsum(used) - 1).astype(np.int32)
    ends = np.flatnonzero(codes == 0)
    start = np.concatenate([[0], ends - np.arange(len(ends))]).astype(np.int64)
    vocabulary = {words[at]: code for code, at in enumerate(np.flatnonzero(used))}
    return Tokens(place[codes[codes > 0]], start, vocabulary)


def _joined(texts: list[str]) -> str:
    """Texts in one, each with a break after it."""
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(
                f"texts are strings; one is {text!r}: put '' where there is none"
            )
    return f" {_BREAK} ".join([*(text.replace(_BREAK, " ") for text in texts), ""])
