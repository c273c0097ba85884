"""The words of the shop: what there is, and every way to say it, by number.

The files in `lexicon` say what colours, materials, styles and uses there are
(`common.yml`), and what a department sells (one file each).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain, pairwise, zip_longest
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from .records import SEASONS, Flags, Ids

# The C loader reads the files ten times faster; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What there is to choose from, thing by thing: one padded row of numbers each."""

    table: Ids  # (things, w); -1 fills up
    count: Ids  # (things,)

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Self:
        """Rows of unequal length."""
        table = np.array([*zip_longest(*rows, fillvalue=-1)], np.int32).T
        return cls(table, (table >= 0).sum(axis=1))

    @classmethod
    def own(cls, counts: Iterable[int], first: int = 0) -> Self:
        """So many of its own for each thing, numbered from `first` across all."""
        upto = np.cumsum([first, *counts])
        return cls.of([range(*ends) for ends in pairwise(upto)])

    def draw(self, thing: Ids, u: NDArray[np.floating]) -> Ids:
        """(n,) one of each thing's; -1 where it has none. The first are likelier."""
        nth = np.floor(u**1.3 * self.count[thing]).astype(np.intp)
        return self.table[thing, np.minimum(nth, self.table.shape[1] - 1)]

    def pick(self, thing: Ids, u: NDArray[np.floating], usual: float) -> Ids:
        """(n,) one of each thing's, with probability `usual` the first; -1 for -1."""
        others = self.count[thing] - 1
        rest = ((u - usual) / np.maximum(1 - usual, 1e-9)).clip(0, 1 - 1e-6)
        later = 1 + np.floor(rest * others).astype(np.int32)
        nth = np.where((u < usual) | (others == 0), 0, later)
        return np.where(thing >= 0, self.table[thing, nth], -1).astype(np.int32)

    def has(self, thing: Ids, one: Ids) -> Flags:
        """Whether each thing's row holds `one`; the arrays broadcast."""
        return (self.table[thing] == one[..., None]).any(axis=-1) & (one >= 0)


@dataclass(frozen=True, slots=True)
class Grammar:
    """The words of the shop as arrays; sizes and features are numbered across kinds."""

    phrases: pa.Array  # all wordings
    said: Mapping[str, Alternatives]  # by trait: phrases of each, the usual one first
    choices: Mapping[str, Alternatives]  # by trait: those of each kind of product
    # A row for each kind, as its file describes it: `price` is typical (EUR), `spread`
    # the standard deviation of its logarithm, `margin` the share that the shop keeps.
    kinds: pd.DataFrame
    family: Ids  # (kinds,)
    department: Ids  # (kinds,)
    demand: NDArray[np.float64]  # (kinds,) from 1, rarely searched, to 9
    season: NDArray[np.int8]  # (kinds,)
    use_season: NDArray[np.int8]  # (uses,)

    def spoken(self, code: Ids) -> pa.Array:
        """(n,) the phrase of each code; null where it is -1."""
        return self.phrases.take(pa.array(code, mask=code < 0))

    def names(self, what: str, thing: Ids) -> pa.Array:
        """(n,) the usual wording of each thing; null where it is -1."""
        return self.spoken(np.where(thing >= 0, self.said[what].table[thing, 0], -1))


@cache
def grammar() -> Grammar:
    """The grammar of the files beside this module, read once."""
    folder = files(__package__) / "lexicon"
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".yml"))
    read = {n: yaml.load((folder / n).read_text("utf-8"), _LOADER) for n in names}
    common = read.pop("common.yml")
    sold = [(s["department"], kind) for s in read.values() for kind in s["types"]]
    kinds = pd.DataFrame([{"department": where} | kind for where, kind in sold])
    uses = pd.DataFrame.from_dict(common["uses"], orient="index")
    wordings, choices = _read(common, kinds, uses)
    said, phrases = {}, list[str]()
    for what, things in wordings.items():
        said[what] = Alternatives.own(map(len, things), len(phrases))
        phrases += chain.from_iterable(things)
    return Grammar(
        phrases=pa.array(phrases),
        said=said,
        choices=choices,
        kinds=kinds,
        family=pd.factorize(kinds["family"])[0].astype(np.int32),
        department=pd.factorize(kinds["department"])[0].astype(np.int32),
        demand=kinds["demand"].to_numpy(np.float64),
        season=np.array([*map(SEASONS.index, kinds["season"])], np.int8),
        use_season=np.array([*map(SEASONS.index, uses["season"])], np.int8),
    )


def _read(
    common: Any, kinds: pd.DataFrame, uses: pd.DataFrame
) -> tuple[dict[str, list[list[str]]], dict[str, Alternatives]]:
    """By what is said, all wordings of each thing; and what each kind comes in."""
    wordings = {"kind": [*kinds["words"]]}
    wordings |= {"use": [*uses["words"]], "wish": [*uses["wishes"]]}
    choices = {
        "kind": _refer(kinds["goes_with"], kinds["name"]),
        "use": _refer(kinds["uses"], common["uses"]),
    }
    for what in ("colour", "material", "style"):
        wordings[what] = _named([common[f"{what}s"]])
        choices[what] = _refer(kinds[f"{what}s"], common[f"{what}s"])
    for what in ("size", "feature"):
        wordings[what] = _named(kinds[f"{what}s"])
        choices[what] = Alternatives.own(kinds[f"{what}s"].map(len))
    return wordings, choices


def _named(parts: Iterable[Mapping[str, list[str]]]) -> list[list[str]]:
    """Names and what else people say."""
    return [[name, *more] for part in parts for name, more in part.items()]


def _refer(rows: Iterable[Sequence[str]], names: Iterable[str]) -> Alternatives:
    """Each kind's things by their position among all names."""
    number = {name: i for i, name in enumerate(names)}
    return Alternatives.of([[number[name] for name in row] for row in rows])
