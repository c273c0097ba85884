"""The words of the shop: what there is, and every way to say it, by number.

The files in `lexicon` say what colours, materials, styles and uses there are
(`common.yml`), and what a department sells (one file each).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from .schema import SEASONS

Codes = NDArray[np.int32]
Uniforms = NDArray[np.floating]

# The C loader reads the files ten times faster; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Wordings:
    """Where the ways to say some things stand in the list of phrases."""

    start: Codes  # (m,) the first of each
    count: Codes  # (m,) and how many there are

    def pick(self, thing: NDArray[np.integer], u: Uniforms, usual: float) -> Codes:
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
    """What a kind of product comes in: one padded row for each kind."""

    table: Codes  # (kinds, w)
    count: Codes  # (kinds,)

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
        found = np.zeros(np.broadcast_shapes(kind.shape, thing.shape), bool)
        for column in self.table.T:
            found |= (column[kind] == thing) & (thing >= 0)
        return found


@dataclass(frozen=True, slots=True)
class Grammar:
    """The words of the shop as arrays; sizes and features are numbered across kinds.

    Attributes
    ----------
    phrases : all wordings, of which `kind` ... `wish` tell the positions
    kinds : one row for each kind, as its file describes it: name, department, family,
        price (typical, EUR), spread (standard deviation of its logarithm), margin (the
        share of it that the shop keeps), season, demand (1, rarely searched, to 9)
    colours ... accessories : by kind, what it comes in, serves, and is bought with
    family, department, demand, season : (kinds,)
    use_season : (uses,)
    kinds_for : by use, the kinds that serve it
    """

    phrases: pa.Array
    kinds: pd.DataFrame
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
    family: Codes
    department: Codes
    demand: NDArray[np.float64]
    season: NDArray[np.int8]
    use_season: NDArray[np.int8]
    kinds_for: tuple[Codes, ...]

    def names(self, wordings: Wordings, code: NDArray[np.integer]) -> pa.Array:
        """(n,) the first wording of each thing; null where the code is -1."""
        first = wordings.start[np.maximum(code, 0)]
        return self.phrases.take(pa.array(first, mask=code < 0))


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

    def named(self, *things: Mapping[str, list[str]]) -> Wordings:
        """Of names and what else people say."""
        every = chain.from_iterable(each.items() for each in things)
        return self.add((name, *others) for name, others in every)


@cache
def grammar() -> Grammar:
    """The grammar of the files beside this module, read once."""
    folder = files(__package__) / "lexicon"
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".yml"))
    said = {n: yaml.load((folder / n).read_text("utf-8"), _LOADER) for n in names}
    common = said.pop("common.yml")
    sold = [(s["department"], kind) for s in said.values() for kind in s["types"]]
    kinds = pd.DataFrame([{"department": where} | kind for where, kind in sold])
    uses = pd.DataFrame.from_dict(common["uses"], orient="index")
    choices = _choices(common, kinds)
    serves = choices["uses"].table.T
    return Grammar(
        kinds=kinds,
        **_wordings(common, kinds, uses),
        **choices,
        family=pd.factorize(kinds["family"])[0].astype(np.int32),
        department=pd.factorize(kinds["department"])[0].astype(np.int32),
        demand=kinds["demand"].to_numpy(np.float64),
        season=np.array([*map(SEASONS.index, kinds["season"])], np.int8),
        use_season=np.array([*map(SEASONS.index, uses["season"])], np.int8),
        kinds_for=tuple(
            np.flatnonzero((serves == use).any(axis=0)).astype(np.int32)
            for use in range(len(uses))
        ),
    )


def _wordings(common: Any, kinds: pd.DataFrame, uses: pd.DataFrame) -> dict[str, Any]:
    """The list of phrases, and where everything stands in it."""
    book = _Book()
    return {
        "kind": book.add(kinds["words"]),
        "colour": book.named(common["colours"]),
        "material": book.named(common["materials"]),
        "style": book.named(common["styles"]),
        "size": book.named(*kinds["sizes"]),
        "feature": book.named(*kinds["features"]),
        "use": book.add(uses["words"]),
        "wish": book.add(uses["wishes"]),
        "phrases": pa.array(book.lines),
    }


def _choices(common: Any, kinds: pd.DataFrame) -> dict[str, Any]:
    """What each kind comes in."""
    shared = ("colours", "materials", "styles", "uses")
    return {
        **{name: _refer(kinds[name], common[name]) for name in shared},
        "accessories": _refer(kinds["goes_with"], kinds["name"]),
        "sizes": _numbered(kinds["sizes"]),
        "features": _numbered(kinds["features"]),
    }


def _refer(rows: Iterable[Sequence[str]], names: Iterable[str]) -> Alternatives:
    """Each kind's things by their position among all names."""
    number = {name: i for i, name in enumerate(names)}
    return Alternatives.of([[number[name] for name in row] for row in rows])


def _numbered(things: pd.Series) -> Alternatives:
    """Each kind's own things, numbered across all kinds."""
    n = things.map(len)
    return Alternatives.of(
        [range(end - n, end) for end, n in zip(n.cumsum(), n, strict=True)]
    )
