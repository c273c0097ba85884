"""The catalogue as a search engine holds it: tokens, coded columns and numbers.

Three million products of forty words each are 120 million words. As Python strings they
would not fit; as codes in one flat array they take 480 MB, and any feature of any
thousand products is a few gathers from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

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
    """Texts as codes of words, one after another.

    Attributes
    ----------
    code : (t,) int32         every word of every text
    start : (n + 1,) int64    where each text begins; the last is t
    vocabulary : the code of each word, in the order of the codes
    """

    code: Ids
    start: Longs
    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        """Refuse offsets or codes that point nowhere."""
        steps = np.diff(self.start)
        if len(self.start) < 1 or self.start[0] != 0 or (steps < 0).any():
            raise ValueError("`start` must begin with 0 and never fall")
        if self.start[-1] != len(self.code):
            raise ValueError(
                f"`start` must end with the number of words, {len(self.code):,}"
            )
        if len(self.code) and not 0 <= self.code.min() <= self.code.max() < len(
            self.vocabulary
        ):
            raise ValueError("`code` holds a word that the vocabulary lacks")

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

    def lengths(self, rows: Ids) -> Ids:
        """(m,) words of some texts."""
        return (self.start[rows + 1] - self.start[rows]).astype(np.int32)

    def texts(self) -> list[str]:
        """Each text's words with spaces between them."""
        words = np.array(list(self.vocabulary), object)[self.code].tolist()
        edges = self.start.tolist()
        return [" ".join(words[a:b]) for a, b in pairwise(edges)]

    def flat(self, rows: Ids) -> tuple[Ids, Longs]:
        """The words of some texts, and where each begins: a `code` and a `start`."""
        size = self.lengths(rows)
        start = np.concatenate([[0], np.cumsum(size, dtype=np.int64)])
        shift = np.repeat(self.start[rows] - start[:-1], size)
        return self.code[np.arange(start[-1]) + shift], start

    def take(self, rows: ArrayLike) -> Tokens:
        """Some texts, with the same vocabulary."""
        code, start = self.flat(np.asarray(rows, np.int32))
        return Tokens(code, start, self.vocabulary)

    def recoded(self, vocabulary: Vocabulary) -> Tokens:
        """The same texts by a vocabulary that has all their words."""
        table = np.array([vocabulary[word] for word in self.vocabulary], np.int32)
        code = table[self.code] if len(table) else self.code
        return Tokens(code, self.start, vocabulary)

    def then(self, later: Tokens) -> Tokens:
        """These texts, and later ones of the same vocabulary after them."""
        code = np.concatenate([self.code, later.code])
        start = np.concatenate([self.start, later.start[1:] + self.start[-1]])
        return Tokens(code, start, self.vocabulary)

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
    """A column of names as codes.

    Attributes
    ----------
    code : (n,) int32         -1 where nothing is told
    names : of the codes
    """

    code: Ids
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse codes without a name."""
        if len(self.code) and not (
            self.code.min() >= NOT_TOLD and self.code.max() < len(self.names)
        ):
            raise ValueError(f"codes must be -1 to {len(self.names) - 1}")

    def take(self, rows: Ids) -> CodedColumn:
        """Some rows, with the same names."""
        return CodedColumn(self.code[rows], self.names)

    def then(self, later: CodedColumn) -> CodedColumn:
        """These rows, and later ones after them; new names at the end."""
        names = dict.fromkeys([*self.names, *later.names])
        place = {name: code for code, name in enumerate(names)}
        table = np.array([place[name] for name in later.names] + [NOT_TOLD], np.int32)
        return CodedColumn(np.concatenate([self.code, table[later.code]]), tuple(names))


_NONE: Mapping[str, CodedColumn] = MappingProxyType({})
_NO_NUMBERS: Mapping[str, Floats] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Documents:
    """A catalogue; a document's number is its position.

    Attributes
    ----------
    title, body : analysed texts, with one vocabulary
    fields : coded columns by name, e.g. brand, category, colour
    numbers : (n,) float32 columns by name, e.g. price, rating, n_ratings; NaN where
        nothing is told
    """

    title: Tokens
    body: Tokens
    fields: Mapping[str, CodedColumn] = field(default_factory=lambda: _NONE)
    numbers: Mapping[str, Floats] = field(default_factory=lambda: _NO_NUMBERS)

    def __post_init__(self) -> None:
        """Refuse columns of another length, and a body of another vocabulary."""
        coded = {name: len(column.code) for name, column in self.fields.items()}
        sizes = {"body": len(self.body)} | coded
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

    def take(self, rows: ArrayLike) -> Documents:
        """Some of the documents, numbered anew."""
        some = np.asarray(rows, np.int32)
        return Documents(
            self.title.take(some),
            self.body.take(some),
            {name: column.take(some) for name, column in self.fields.items()},
            {name: column[some] for name, column in self.numbers.items()},
        )

    def then(self, later: Documents) -> Documents:
        """These documents, and later ones after them.

        Raises
        ------
        ValueError                if the later ones have other columns
        """
        if [*self.fields, *self.numbers] != [*later.fields, *later.numbers]:
            raise ValueError("later documents must have the same columns")
        words = dict(self.vocabulary)
        for word in later.vocabulary:
            words.setdefault(word, len(words))
        mine = [Tokens(t.code, t.start, words) for t in (self.title, self.body)]
        return Documents(
            mine[0].then(later.title.recoded(words)),
            mine[1].then(later.body.recoded(words)),
            {name: c.then(later.fields[name]) for name, c in self.fields.items()},
            {
                name: np.concatenate([c, later.numbers[name]])
                for name, c in self.numbers.items()
            },
        )
