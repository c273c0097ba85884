"""The shop's words resolve, are plain English, and leave wishes without products."""

import re
from collections import Counter
from importlib.resources import files
from itertools import chain

import numpy as np
import pytest
import yaml

from sevensteps.cases.search.world import words
from sevensteps.cases.search.world.catalogue import LINES
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
    changed = f"{word[:-1]}ies" if word.endswith("y") else word
    return {word, word.removesuffix("s"), f"{word}s", f"{word}es", changed}


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
        name = known.names(what, np.arange(len(known.said[what].count)))
        choice = known.choices[what]
        for kind, row, n in zip(TYPES, choice.table, choice.count, strict=True):
            assert name.take(row[:n]).to_pylist() == list(kind[key]), kind["name"]
    assert {use for kind in TYPES for use in kind["uses"]} == {*COMMON["uses"]}


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


def test_an_attribute_word_means_one_thing():
    common = list(chain.from_iterable(chain(*(named(COMMON[p]) for p in SHARED))))
    assert len(set(common)) == len(common)
    for kind in TYPES:
        own = [*chain(*named(kind["sizes"]), *named(kind["features"]))]
        assert max(Counter([*own, *kind["words"]]).values()) == 1, kind["name"]
        assert not {*own} & {*common}, kind["name"]
        assert kind["name"] not in kind["goes_with"]


def test_wishes_are_as_long_as_people_type_and_name_no_product():
    kinds = {form for kind in TYPES for word in kind["words"] for form in forms(word)}
    for use in COMMON["uses"].values():
        for wish in use["wishes"]:
            typed = wish.split()
            ends = range(1, len(typed) + 1)
            runs = {" ".join(typed[i:j]) for j in ends for i in range(j)}
            assert 3 <= len(typed) <= 7, wish
            assert not runs & kinds, (wish, runs & kinds)


def test_no_yaml_key_is_written_twice():
    nodes = [yaml.compose(text, yaml.CSafeLoader) for text in TEXTS.values()]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(set(keys)) == len(keys), keys
            nodes += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value


def test_the_synonym_file_holds_six_groups_in_ten_and_some_are_wrong(known):
    groups = set()
    for what in ("kind", "colour", "material", "style"):
        said = known.words.said[what]
        for row, n in zip(said.table, said.count, strict=True):
            if n > 1:
                groups.add(", ".join(known.words.phrases.take(row[:n]).to_pylist()))
    lines = known.history.synonyms.splitlines()[1:]
    assert len(lines) / len(groups) == pytest.approx(0.6, abs=0.08)
    wrong = [line for line in lines if line not in groups]
    assert 0.01 < len(wrong) / len(lines) < 0.12
    assert all(line.rpartition(", ")[0] in groups for line in wrong)


def test_every_series_of_every_brand_and_kind_has_its_own_number(known):
    n = len(known.words.demand)
    brand, kind, nth = (
        x.ravel().astype(np.int32) for x in np.mgrid[4_990:5_000, 0:n, 0:LINES]
    )
    making = known.rules.making
    line = making.line(brand, kind, (nth + 0.5) / LINES)
    assert len(np.unique(line)) == len(line)
    assert line.min() > 0
    name = making.named(line).reshape(-1, LINES)
    assert (np.diff(np.sort(name, axis=1), axis=1) > 0).all()
