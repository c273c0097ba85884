"""The words of the shop: its types of product, and how people ask for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

SEASONS = ("none", "spring", "summer", "autumn", "winter", "gifts")
_COMMON = "common.yml"
_PLAIN = re.compile(r"[a-z0-9]+( [a-z0-9]+)*")
_NUMBERS = {"price": (1, 10_000), "spread": (0.3, 0.8), "margin": (0.12, 0.6)}
_DEMANDS = range(1, 10)

# The C loader reads the files ten times faster; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing, and the words for it.

    Attributes
    ----------
    name : the canonical word
    words : the canonical word first, then what else people say
    """

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A situation, room or person that products are bought for.

    Attributes
    ----------
    name, words : as in `Said`; noun phrases that fit after "for" or "ideal for"
    wishes : what somebody types who names no product
    season : when it is asked for most, one of `SEASONS`
    """

    name: str
    words: tuple[str, ...]
    wishes: tuple[str, ...]
    season: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of product.

    Attributes
    ----------
    name, words : as in `Said`
    department : where the shop shows it
    family : kinds of one family stand in for each other
    price : typical price, EUR
    spread : standard deviation of the logarithm of the price
    margin : share of the price that the shop keeps
    season : when it is asked for most, one of `SEASONS`
    demand : 1 (rarely searched) to 9 (the head)
    colours, materials, styles, uses : indices into the lexicon's; colours may be none
    sizes, features : the kind's own, with their words
    goes_with : indices of kinds that are bought with it
    """

    name: str
    department: str
    words: tuple[str, ...]
    family: str
    price: float
    spread: float
    margin: float
    season: str
    demand: int
    colours: tuple[int, ...]
    materials: tuple[int, ...]
    styles: tuple[int, ...]
    uses: tuple[int, ...]
    sizes: tuple[Said, ...]
    features: tuple[Said, ...]
    goes_with: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words of the shop; kinds stand in the order of their departments' files."""

    colours: tuple[Said, ...]
    materials: tuple[Said, ...]
    styles: tuple[Said, ...]
    uses: tuple[Use, ...]
    kinds: tuple[Kind, ...]
    departments: tuple[str, ...]
    families: tuple[str, ...]


@cache
def lexicon() -> Lexicon:
    """The shop's lexicon, read once from the files beside this module.

    >>> sofa = next(kind for kind in lexicon().kinds if kind.name == "sofa")
    >>> sofa.words
    ('sofa', 'couch', 'settee')
    >>> [lexicon().materials[i].name for i in sofa.materials][:2]
    ['leather', 'faux leather']
    """
    return read(files(__package__) / "lexicon")


def read(folder: Traversable) -> Lexicon:
    """The lexicon of a folder: `common.yml`, and one file for each department.

    Raises
    ------
    ValueError
        if a file lacks a key, a key refers to what nobody defined, a name is taken
        twice, a number is out of its range, or a word is not plain lower case; the
        sentence names file, type and key
    """
    common = _Place(_COMMON, _load(folder, _COMMON))
    said = {part: common.said(part) for part in ("colours", "materials", "styles")}
    uses = tuple(_use(place) for place in common.places("uses"))
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".yml"))
    shelves = [_Place(n, _load(folder, n)) for n in names if n != _COMMON]
    types = [(s.text("department"), t) for s in shelves for t in s.places("types")]
    index = {part: _index(_COMMON, part, entries) for part, entries in said.items()}
    index["uses"] = _index(_COMMON, "uses", uses)
    index["goes_with"] = _index("all departments", "types", (t for _, t in types))
    kinds = tuple(_kind(department, place, index) for department, place in types)
    homes = dict.fromkeys((kind.family, kind.department) for kind in kinds)
    for family, n in Counter(family for family, _ in homes).items():
        if n > 1:
            raise ValueError(f"family {family!r} is in {n} departments: rename one")
    return Lexicon(
        **said,
        uses=uses,
        kinds=kinds,
        departments=tuple(dict.fromkeys(kind.department for kind in kinds)),
        families=tuple(family for family, _ in homes),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A mapping of a file, and where it stands: so that every error can say so."""

    name: str
    body: Mapping[str, Any]

    def error(self, key: str, wrong: str) -> ValueError:
        return ValueError(f"{self.name}, {key}: {wrong}")

    def get(self, key: str, form: type | tuple[type, ...]) -> Any:
        if not isinstance(self.body, Mapping) or key not in self.body:
            raise self.error(key, "add this key")
        value = self.body[key]
        if not isinstance(value, form):
            raise self.error(key, f"{value!r} has the wrong form")
        return value

    def text(self, key: str) -> str:
        return self.plain(key, [self.get(key, str)])[0]

    def plain(self, key: str, words: Iterable[Any]) -> tuple[str, ...]:
        words = tuple(words)
        for word in words:
            if not isinstance(word, str) or not _PLAIN.fullmatch(word):
                raise self.error(key, f"write {word!r} in lower-case words")
        if len(set(words)) < len(words):
            raise self.error(key, "a word is there twice")
        return words

    def words(self, key: str) -> tuple[str, ...]:
        return self.plain(key, self.get(key, list))

    def said(self, key: str) -> tuple[Said, ...]:
        entries = self.get(key, dict).items()
        every = [
            (name, self.plain(key, [name, *(more or [])])) for name, more in entries
        ]
        return tuple(Said(name, words) for name, words in every)

    def places(self, key: str) -> list[_Place]:
        """The mappings under a key: a list that has names, or a mapping of names."""
        value = self.get(key, (dict, list))
        if isinstance(value, dict):
            value = [{"name": name, **(body or {})} for name, body in value.items()]
        return [_Place(f"{self.name}, {_name(one)}", one) for one in value]

    def number(self, key: str) -> float:
        value = self.get(key, (int, float))
        low, high = _NUMBERS[key]
        if not low <= value <= high:
            raise self.error(key, f"{value} is not between {low} and {high}")
        return float(value)

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        value = self.get(key, (str, int))
        if value not in choices:
            raise self.error(key, f"{value!r} is none of {list(choices)}")
        return value

    def refer(self, key: str, index: Mapping[str, int]) -> tuple[int, ...]:
        names = self.words(key)
        unknown = [name for name in names if name not in index]
        if unknown:
            raise self.error(key, f"nobody defines {', '.join(unknown)}")
        return tuple(index[name] for name in names)


def _name(body: Any) -> str:
    return str(body.get("name", "?")) if isinstance(body, Mapping) else repr(body)


def _load(folder: Traversable, name: str) -> Any:
    return yaml.load((folder / name).read_text(encoding="utf-8"), Loader=_LOADER)


def _index(file: str, key: str, entries: Iterable[Any]) -> dict[str, int]:
    """Where each name stands. YAML itself lets a later key overwrite an earlier."""
    names = [e.text("name") if isinstance(e, _Place) else e.name for e in entries]
    taken = [name for name, n in Counter(names).items() if n > 1]
    if taken:
        raise ValueError(f"{file}, {key}: {', '.join(taken)} is there twice")
    return {name: i for i, name in enumerate(names)}


def _named(place: _Place) -> tuple[str, tuple[str, ...]]:
    name, words = place.text("name"), place.words("words")
    if words[:1] != (name,):
        raise place.error("words", f"put the name {name!r} first")
    return name, words


def _use(place: _Place) -> Use:
    season = place.one_of("season", SEASONS)
    return Use(*_named(place), wishes=place.words("wishes"), season=season)


def _kind(department: str, place: _Place, index: Mapping[str, dict[str, int]]) -> Kind:
    name, words = _named(place)
    refer = {key: place.refer(key, names) for key, names in index.items()}
    return Kind(
        name=name,
        department=department,
        words=words,
        family=place.text("family"),
        price=place.number("price"),
        spread=place.number("spread"),
        margin=place.number("margin"),
        season=place.one_of("season", SEASONS),
        demand=place.one_of("demand", _DEMANDS),
        colours=refer["colours"],
        materials=refer["materials"],
        styles=refer["styles"],
        uses=refer["uses"],
        sizes=place.said("sizes"),
        features=place.said("features"),
        goes_with=refer["goes_with"],
    )
