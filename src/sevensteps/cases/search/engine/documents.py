"""The catalogue as a search engine holds it: tokens, coded columns and numbers.

Three million products of forty words each are 120 million words. As Python strings they
would not fit; as codes in one flat array they take 480 MB, and any feature of any
thousand products is a few gathers from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
Longs = NDArray[np.int64]
Vocabulary = Mapping[str, int]
NOT_TOLD = -1


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
        _check_codes(self.code, 0, len(self.vocabulary))

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

    def flat(self, rows: Ids) -> tuple[Ids, Longs]:
        """The words of some texts, and where each begins: a `code` and a `start`."""
        size = self.start[rows + 1] - self.start[rows]
        start = np.concatenate([[0], np.cumsum(size, dtype=np.int64)])
        shift = np.repeat(self.start[rows] - start[:-1], size)
        return self.code[np.arange(start[-1]) + shift], start

    def take(self, rows: ArrayLike) -> Tokens:
        """Some texts, with the same vocabulary."""
        code, start = self.flat(np.asarray(rows, np.int32))
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


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column of names as codes."""

    code: Ids  # (n,) -1 where nothing is told
    names: tuple[str, ...]  # of the codes

    def __post_init__(self) -> None:
        """Refuse codes without a name."""
        _check_codes(self.code, NOT_TOLD, len(self.names))

    def then(self, later: CodedColumn) -> CodedColumn:
        """These rows, and later ones after them; new names at the end."""
        names = dict.fromkeys([*self.names, *later.names])
        place = {name: code for code, name in enumerate(names)}
        table = np.array([*(place[n] for n in later.names), NOT_TOLD], np.int32)
        return CodedColumn(np.concatenate([self.code, table[later.code]]), tuple(names))

    def told(self) -> list[str]:
        """The name of each row; "" where nothing is told."""
        names = [*self.names, ""]
        return [names[code] for code in self.code]


def _check_codes(code: Ids, least: int, n: int) -> None:
    if len(code) and not least <= code.min() <= code.max() < n:
        raise ValueError(f"codes must be {least} to {n - 1}")


@dataclass(frozen=True, slots=True)
class Documents:
    """A catalogue; a document's number is its position."""

    title: Tokens
    body: Tokens  # of the same vocabulary
    fields: Mapping[str, CodedColumn] = field(default_factory=dict)  # brand, colour
    numbers: Mapping[str, Floats] = field(default_factory=dict)  # NaN where not told

    def __post_init__(self) -> None:
        """Refuse columns of another length, and a body of another vocabulary."""
        sizes = {"body": len(self.body)}
        sizes |= {name: len(column.code) for name, column in self.fields.items()}
        sizes |= {name: len(column) for name, column in self.numbers.items()}
        n = len(self.title)
        for name, size in sizes.items():
            if size != n:
                raise ValueError(f"`{name}` has {size:,} rows, but titles are {n:,}")
        if self.body.vocabulary is not self.title.vocabulary:
            raise ValueError("title and body need one vocabulary")

    def __len__(self) -> int:
        return len(self.title)

    @property
    def vocabulary(self) -> Vocabulary:
        """Of title and body."""
        return self.title.vocabulary

    def then(self, later: Documents) -> Documents:
        """These documents, and later ones with the same columns after them."""
        if [*self.fields, *self.numbers] != [*later.fields, *later.numbers]:
            raise ValueError("later documents must have the same columns")
        words = dict(self.vocabulary)
        for word in later.vocabulary:
            words.setdefault(word, len(words))
        fields, numbers = later.fields, later.numbers
        return Documents(
            self.title.then(later.title, words),
            self.body.then(later.body, words),
            {name: c.then(fields[name]) for name, c in self.fields.items()},
            {n: np.concatenate([c, numbers[n]]) for n, c in self.numbers.items()},
        )
