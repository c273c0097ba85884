"""The shop's words resolve, are plain English, and leave wishes without products."""

import re
from collections import Counter
from importlib.resources import files
from itertools import chain

import numpy as np
import pytest
import yaml

from sevensteps.cases.search.world import SEASONS, words
from sevensteps.cases.search.world.catalogue import KINDS
from sevensteps.cases.search.world.words import grammar

FOLDER = files(words.__package__) / "lexicon"
TEXTS = {f.name: f.read_text(encoding="utf-8") for f in sorted(FOLDER.iterdir())}
SHELVES = {name: yaml.load(text, yaml.CSafeLoader) for name, text in TEXTS.items()}
COMMON = SHELVES.pop("common.yml")
TYPES = [kind for shelf in SHELVES.values() for kind in shelf["types"]]
SHARED = ("colours", "materials", "styles")
PLAIN = re.compile(r"[a-z0-9]+( [a-z0-9]+)*")
BRANDS = re.compile(
    r"\b(velcro|thermos|frisbee|jacuzzi|hoover|tupperware|lego|barbie|sharpie|lycra|"
    r"teflon|pyrex|plexiglas|plexiglass|perspex|formica|crocs|babygro|strimmer|esky|lilo|"
    r"astroturf|bundt|crockpot|rollerblades?|biro|hula|ziploc|plasticine|nerf|jenga|"
    r"doona|scrabble|monopoly|sellotape|scotch|stanley|dremel|ugg|fitbit|ikea)\b"
)


def named(things):
    """Names with all their words, the name first."""
    return [[name, *more] for name, more in things.items()]


def forms(word):
    """A noun phrase in singular and plural."""
    stem = word.removesuffix("s")
    changed = f"{word[:-1]}ies" if word.endswith("y") else word
    return {word, stem, f"{word}s", f"{word}es", changed}


def test_it_is_large_enough():
    assert len(SHELVES) == 12
    assert 264 <= len(TYPES) <= KINDS
    assert min(len(shelf["types"]) for shelf in SHELVES.values()) >= 22
    least = {"colours": 24, "materials": 45, "styles": 18, "uses": 100}
    assert {part for part, n in least.items() if len(COMMON[part]) < n} == set()


def test_numbers_and_seasons_are_within_reason():
    bounds = {"price": (1, 10_000), "spread": (0.3, 0.8), "margin": (0.12, 0.6)}
    for kind in TYPES:
        for key, (low, high) in bounds.items():
            assert low <= kind[key] <= high, (kind["name"], key)
    assert {kind["season"] for kind in TYPES} == set(SEASONS)
    assert {use["season"] for use in COMMON["uses"].values()} == set(SEASONS)
    assert {kind["demand"] for kind in TYPES} == set(range(1, 10))


def test_names_are_unique_and_stand_first():
    names = Counter(kind["name"] for kind in TYPES)
    assert max(names.values()) == 1
    assert all(kind["words"][0] == kind["name"] for kind in TYPES)
    assert all(use["words"][0] == name for name, use in COMMON["uses"].items())


def test_the_grammar_says_what_the_files_say():
    known = grammar()
    assert grammar() is known
    said = {"colours": "colour", "materials": "material", "styles": "style"}
    said |= {"sizes": "size", "features": "feature", "uses": "use", "goes_with": "kind"}
    for key, what in said.items():
        wordings = getattr(known, what)
        name = known.names(wordings, np.arange(len(wordings.start)))
        choice = known.accessories if key == "goes_with" else getattr(known, key)
        for kind, row, n in zip(TYPES, choice.table, choice.count, strict=True):
            assert name.take(row[:n]).to_pylist() == list(kind[key]), kind["name"]
    for use, kinds in zip(COMMON["uses"], known.kinds_for, strict=True):
        own = [i for i, kind in enumerate(TYPES) if use in kind["uses"]]
        assert kinds.tolist() == own


def test_words_are_plain_and_of_no_brand():
    common = chain.from_iterable(named(COMMON[part]) for part in SHARED)
    own = chain.from_iterable(
        named(kind["sizes"]) + named(kind["features"]) + [kind["words"]]
        for kind in TYPES
    )
    uses = [use["words"] + use["wishes"] for use in COMMON["uses"].values()]
    for word in chain.from_iterable((*common, *own, *uses)):
        assert PLAIN.fullmatch(word), word
        assert not BRANDS.search(word), word


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [
        ("words", 1, 4),
        ("colours", 0, 10),
        ("materials", 2, 7),
        ("styles", 2, 6),
        ("sizes", 0, 5),
        ("features", 4, 8),
        ("uses", 3, 8),
        ("goes_with", 0, 4),
    ],
)
def test_each_type_has_enough_of(key, least, most):
    count = {kind["name"]: len(kind[key]) for kind in TYPES}
    assert {name: n for name, n in count.items() if not least <= n <= most} == {}
    assert key != "colours" or not set(count.values()) & {1, 2}  # none, or a choice


def test_an_attribute_word_means_one_thing():
    common = list(chain.from_iterable(chain(*(named(COMMON[p]) for p in SHARED))))
    assert len(set(common)) == len(common)
    for kind in TYPES:
        own = [*chain(*named(kind["sizes"]), *named(kind["features"]))]
        assert len({*own, *kind["words"]}) == len(own) + len(kind["words"]), kind[
            "name"
        ]
        assert not {*own} & {*common}, kind["name"]
        assert kind["name"] not in kind["goes_with"]


def test_most_types_have_several_names_and_few_names_are_ambiguous():
    assert sum(len(kind["words"]) >= 3 for kind in TYPES) >= 0.6 * len(TYPES)
    counts = Counter(chain.from_iterable(kind["words"] for kind in TYPES))
    assert sum(n > 1 for n in counts.values()) <= 0.03 * len(counts)
    assert max(counts.values()) <= 2


def test_families_are_small_and_stay_in_their_department():
    homes = {
        (kind["family"], name) for name, s in SHELVES.items() for kind in s["types"]
    }
    sizes = Counter(kind["family"] for kind in TYPES)
    assert len(homes) == len(sizes)
    assert {name: n for name, n in sizes.items() if not 2 <= n <= 6} == {}


def test_whatever_is_shared_is_used():
    for part, least in (*((part, 1) for part in SHARED), ("uses", 3)):
        counts = Counter(chain.from_iterable(kind[part] for kind in TYPES))
        assert [name for name in COMMON[part] if counts[name] < least] == []


def test_wishes_are_as_long_as_people_type_and_name_no_product():
    kinds = {form for kind in TYPES for word in kind["words"] for form in forms(word)}
    for use in COMMON["uses"].values():
        assert 2 <= len(use["words"]) <= 4
        assert 2 <= len(use["wishes"]) <= 4
        for wish in use["wishes"]:
            typed = wish.split()
            ends = range(1, len(typed) + 1)
            runs = {" ".join(typed[i:j]) for j in ends for i in range(j)}
            assert 3 <= len(typed) <= 7, wish
            assert not runs & kinds, (wish, runs & kinds)


@pytest.mark.parametrize("name", TEXTS)
def test_no_yaml_key_is_written_twice(name):
    def walk(node):
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(set(keys)) == len(keys), (name, keys)
            for _, value in node.value:
                walk(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                walk(value)

    walk(yaml.compose(TEXTS[name], yaml.CSafeLoader))
