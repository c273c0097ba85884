"""Every wording in one list, so that texts are written by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .schema import SEASONS
from .words import Lexicon, Said, lexicon

Codes = NDArray[np.int32]
Uniforms = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Wordings:
    """Where the ways to say some things stand in the list of phrases.

    Attributes
    ----------
    start, count : (m,) int32     the first of each, and how many there are
    """

    start: Codes
    count: Codes

    def pick(
        self,
        thing: NDArray[np.integer],
        u: Uniforms,
        usual: float | NDArray[np.float64],
    ) -> Codes:
        """(n,) the code of a wording for each thing; -1 where the thing is -1.

        The first is taken with probability `usual`, the others alike.
        """
        there = np.maximum(thing, 0)
        others = self.count[there] - 1
        rest = ((u - usual) / np.maximum(1 - usual, 1e-9)).clip(0, 1 - 1e-6)
        later = 1 + np.floor(rest * others).astype(np.int32)
        nth = np.where((u < usual) | (others == 0), 0, later)
        code = self.start[there] + nth
        return np.where(thing >= 0, code, -1).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What a kind of product comes in: one padded row for each kind.

    Attributes
    ----------
    table : (kinds, w) int32
    count : (kinds,) int32
    """

    table: Codes
    count: Codes

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Alternatives:
        """Rows of unequal length."""
        count = np.array([len(row) for row in rows], np.int32)
        table = np.full((len(rows), max(1, count.max())), -1, np.int32)
        for i, row in enumerate(rows):
            table[i, : len(row)] = row
        return cls(table, count)

    def draw(self, kind: NDArray[np.integer], u: Uniforms) -> Codes:
        """(n,) one of each kind's; -1 where it has none. The first are likelier."""
        nth = np.floor(u**1.3 * self.count[kind]).astype(np.intp)
        return self.table[kind, np.minimum(nth, self.table.shape[1] - 1)]

    def has(
        self, kind: NDArray[np.integer], thing: NDArray[np.integer]
    ) -> NDArray[np.bool_]:
        """Whether each kind's row holds the thing; the arrays broadcast."""
        shape = np.broadcast_shapes(kind.shape, thing.shape)
        found = np.zeros(shape, bool)
        for column in self.table.T:
            found |= (column[kind] == thing) & (thing >= 0)
        return found


@dataclass(frozen=True, slots=True)
class Grammar:
    """The lexicon as arrays. Sizes and features are numbered across all kinds."""

    words: Lexicon
    phrases: pa.Array  # of strings
    kind: Wordings
    colour: Wordings
    material: Wordings
    style: Wordings
    size: Wordings
    feature: Wordings
    use: Wordings
    wish: Wordings
    colours: Alternatives
    materials: Alternatives
    styles: Alternatives
    sizes: Alternatives
    features: Alternatives
    uses: Alternatives
    accessories: Alternatives
    family: Codes  # (kinds,)
    department: Codes  # (kinds,)
    demand: NDArray[np.float64]  # (kinds,)
    season: NDArray[np.int8]  # (kinds,)
    use_season: NDArray[np.int8]  # (uses,)
    kinds_for: tuple[Codes, ...]  # by use: the kinds that serve it


@cache
def grammar() -> Grammar:
    """The grammar of the lexicon that ships with the package."""
    words = lexicon()
    kinds, uses = words.kinds, words.uses
    served = [[i for i, k in enumerate(kinds) if u in k.uses] for u in range(len(uses))]
    return Grammar(
        words=words,
        **_wordings(words),
        **_choices(words),
        family=_codes(words.families, [k.family for k in kinds]),
        department=_codes(words.departments, [k.department for k in kinds]),
        demand=np.array([k.demand for k in kinds], np.float64),
        season=np.array([SEASONS.index(k.season) for k in kinds], np.int8),
        use_season=np.array([SEASONS.index(u.season) for u in uses], np.int8),
        kinds_for=tuple(np.array(s, np.int32) for s in served),
    )


def _wordings(words: Lexicon) -> dict[str, Any]:
    """The list of phrases, and where everything stands in it."""
    kinds, book = words.kinds, _Book()
    return {
        "kind": book.add(k.words for k in kinds),
        "colour": book.said(words.colours),
        "material": book.said(words.materials),
        "style": book.said(words.styles),
        "size": book.said(s for k in kinds for s in k.sizes),
        "feature": book.said(f for k in kinds for f in k.features),
        "use": book.add(u.words for u in words.uses),
        "wish": book.add(u.wishes for u in words.uses),
        "phrases": book.phrases(),
    }


def _choices(words: Lexicon) -> dict[str, Any]:
    """What each kind comes in."""
    kinds = words.kinds
    return {
        "colours": Alternatives.of([k.colours for k in kinds]),
        "materials": Alternatives.of([k.materials for k in kinds]),
        "styles": Alternatives.of([k.styles for k in kinds]),
        "sizes": Alternatives.of(_numbered([len(k.sizes) for k in kinds])),
        "features": Alternatives.of(_numbered([len(k.features) for k in kinds])),
        "uses": Alternatives.of([k.uses for k in kinds]),
        "accessories": Alternatives.of([k.goes_with for k in kinds]),
    }


class _Book:
    """Collects wordings one after another."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, things: Iterable[Sequence[str]]) -> Wordings:
        start, count = [], []
        for said in things:
            start.append(len(self.lines))
            count.append(len(said))
            self.lines.extend(said)
        return Wordings(np.array(start, np.int32), np.array(count, np.int32))

    def said(self, things: Iterable[Said]) -> Wordings:
        return self.add(thing.words for thing in things)

    def phrases(self) -> pa.Array:
        return pa.array(self.lines)


def _numbered(counts: list[int]) -> list[range]:
    """Each kind's things by number, numbered across all kinds."""
    ends = np.cumsum(counts).tolist()
    return [range(end - n, end) for end, n in zip(ends, counts, strict=True)]


def _codes(names: tuple[str, ...], used: list[str]) -> Codes:
    return np.array([names.index(name) for name in used], np.int32)
