"""The shop's words resolve, are plain English, and leave wishes without products."""

import re
from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import chain

import pytest
import yaml

from sevensteps.cases.search.world import words
from sevensteps.cases.search.world.words import SEASONS, lexicon, read

FOLDER = files(words.__package__) / "lexicon"
FILES = sorted(one.name for one in FOLDER.iterdir())
PLAIN = re.compile(r"[a-z0-9]+( [a-z0-9]+)*")
BRANDS = re.compile(
    r"\b(velcro|thermos|frisbee|jacuzzi|hoover|tupperware|lego|barbie|sharpie|lycra|"
    r"teflon|pyrex|plexiglas|plexiglass|perspex|formica|crocs|babygro|strimmer|esky|lilo|"
    r"astroturf|bundt|crockpot|rollerblades?|biro|hula|ziploc|plasticine|nerf|jenga|"
    r"doona|scrabble|monopoly|sellotape|scotch|stanley|dremel|ugg|fitbit|ikea)\b"
)


@cache
def told(name):
    """A file as YAML, without our reader."""
    return yaml.load((FOLDER / name).read_text(encoding="utf-8"), yaml.CSafeLoader)


def everything():
    """All entries that have words."""
    known = lexicon()
    common = (*known.colours, *known.materials, *known.styles, *known.uses)
    own = chain.from_iterable((*kind.sizes, *kind.features) for kind in known.kinds)
    return [*common, *known.kinds, *own]


def forms(word):
    """A noun phrase in singular and plural."""
    stem = word.removesuffix("s")
    changed = f"{word[:-1]}ies" if word.endswith("y") else word
    return {word, stem, f"{word}s", f"{word}es", changed}


def test_it_is_large_enough():
    known = lexicon()
    assert len(known.departments) == 12
    assert len(known.kinds) >= 264
    assert min(Counter(kind.department for kind in known.kinds).values()) >= 22
    assert len(known.colours) >= 24
    assert len(known.materials) >= 45
    assert len(known.styles) >= 18
    assert len(known.uses) >= 100


def test_it_is_read_once():
    assert lexicon() is lexicon()


def test_kinds_stand_in_the_order_of_their_files_names():
    kinds = [body["name"] for one in FILES for body in told(one).get("types", [])]
    assert [kind.name for kind in lexicon().kinds] == kinds


@pytest.mark.parametrize("part", ["colours", "materials", "styles", "uses", "kinds"])
def test_names_are_unique_and_stand_first(part):
    entries = getattr(lexicon(), part)
    assert len({entry.name for entry in entries}) == len(entries)
    assert all(entry.words[0] == entry.name for entry in entries)


def test_a_colour_material_or_style_word_means_one_thing():
    known = lexicon()
    common = (*known.colours, *known.materials, *known.styles)
    counts = Counter(chain.from_iterable(entry.words for entry in common))
    assert [word for word, n in counts.items() if n > 1] == []


def test_every_reference_resolves():
    known = lexicon()
    parts = {key: getattr(known, key) for key in ("colours", "materials", "styles")}
    parts |= {"uses": known.uses, "goes_with": known.kinds}
    for kind in known.kinds:
        for key, entries in parts.items():
            indices = getattr(kind, key)
            assert all(0 <= i < len(entries) for i in indices), (kind.name, key)
        assert kind.name not in {known.kinds[i].name for i in kind.goes_with}


def test_an_index_means_the_name_that_the_file_says():
    known = lexicon()
    by_name = {kind.name: kind for kind in known.kinds}
    for name in FILES:
        for body in told(name).get("types", []):
            kind = by_name[body["name"]]
            assert kind.department == told(name)["department"]
            assert [known.uses[i].name for i in kind.uses] == body["uses"]
            assert [known.colours[i].name for i in kind.colours] == body["colours"]
            assert [known.kinds[i].name for i in kind.goes_with] == body["goes_with"]
            assert {s.name: list(s.words[1:]) for s in kind.sizes} == body["sizes"]


def test_words_are_plain_and_of_no_brand():
    for entry in everything():
        for word in (*entry.words, *getattr(entry, "wishes", ())):
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
    count = {kind.name: len(getattr(kind, key)) for kind in lexicon().kinds}
    assert {name: n for name, n in count.items() if not least <= n <= most} == {}


def test_colours_are_none_or_a_choice():
    assert not {len(kind.colours) for kind in lexicon().kinds} & {1, 2}


def test_an_attribute_word_means_one_attribute_of_a_type():
    for kind in lexicon().kinds:
        own = [entry.words for entry in (*kind.sizes, *kind.features)]
        counts = Counter(chain.from_iterable(own))
        assert [word for word, n in counts.items() if n > 1] == [], kind.name


def test_an_attribute_word_is_no_colour_material_or_style():
    known = lexicon()
    common = (*known.colours, *known.materials, *known.styles)
    taken = set(chain.from_iterable(entry.words for entry in common))
    for kind in known.kinds:
        own = chain.from_iterable(e.words for e in (*kind.sizes, *kind.features))
        assert set(own) & (taken | set(kind.words)) == set(), kind.name


def test_most_types_have_several_names():
    kinds = lexicon().kinds
    assert sum(len(kind.words) >= 3 for kind in kinds) >= 0.6 * len(kinds)


def test_few_words_are_ambiguous():
    counts = Counter(chain.from_iterable(kind.words for kind in lexicon().kinds))
    shared = [word for word, n in counts.items() if n > 1]
    assert len(shared) <= 0.03 * len(counts)
    assert max(counts.values()) <= 2


def test_families_are_small_and_stay_in_their_department():
    kinds = lexicon().kinds
    homes = {(kind.family, kind.department) for kind in kinds}
    assert len(homes) == len(lexicon().families)
    sizes = Counter(kind.family for kind in kinds)
    assert {name: n for name, n in sizes.items() if not 2 <= n <= 6} == {}


def test_every_use_season_and_demand_is_used():
    known = lexicon()
    counts = Counter(chain.from_iterable(kind.uses for kind in known.kinds))
    rare = [use.name for i, use in enumerate(known.uses) if counts[i] < 3]
    assert rare == []
    assert {kind.season for kind in known.kinds} == set(SEASONS)
    assert {use.season for use in known.uses} == set(SEASONS)
    assert {kind.demand for kind in known.kinds} == set(range(1, 10))


def test_every_common_word_is_used():
    known = lexicon()
    for part in ("colours", "materials", "styles"):
        used = set(chain.from_iterable(getattr(kind, part) for kind in known.kinds))
        entries = getattr(known, part)
        unused = [entry.name for i, entry in enumerate(entries) if i not in used]
        assert unused == []


def test_uses_and_wishes_are_as_long_as_people_type():
    for use in lexicon().uses:
        assert 2 <= len(use.words) <= 4, use.name
        assert 2 <= len(use.wishes) <= 4, use.name
        assert all(3 <= len(wish.split()) <= 7 for wish in use.wishes), use.name


def test_no_wish_names_a_product():
    named = {
        form for kind in lexicon().kinds for word in kind.words for form in forms(word)
    }
    for use in lexicon().uses:
        for wish in use.wishes:
            typed = wish.split()
            runs = {
                " ".join(typed[i:j])
                for i in range(len(typed))
                for j in range(i + 1, len(typed) + 1)
            }
            assert not runs & named, (wish, runs & named)


@pytest.mark.parametrize("name", FILES)
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

    walk(yaml.compose((FOLDER / name).read_text(encoding="utf-8"), yaml.CSafeLoader))


# ---- a file that somebody broke is refused, by name

COMMON = """
colours: {red: [scarlet], blue: []}
materials: {wood: [wooden]}
styles: {modern: []}
uses:
  picnic: {words: [picnic], wishes: [lunch outside with friends], season: summer}
"""
CHAIR = """
department: seats
types:
  - name: chair
    words: [chair, seat]
    family: seating
    price: 40
    spread: 0.4
    margin: 0.3
    season: none
    demand: 4
    colours: [red]
    materials: [wood]
    styles: [modern]
    sizes: {}
    features: {folding: [foldable]}
    uses: [picnic]
    goes_with: []
"""


def small(tmp_path, common=COMMON, **departments):
    """The lexicon of these few lines."""
    (tmp_path / "common.yml").write_text(common)
    for name, text in departments.items():
        (tmp_path / f"{name}.yml").write_text(text)
    return read(tmp_path)


def test_a_small_lexicon_is_read_as_written(tmp_path):
    known = small(tmp_path, seats=CHAIR)
    (chair,) = known.kinds
    assert known.departments == ("seats",)
    assert known.families == ("seating",)
    assert chair.words == ("chair", "seat")
    assert chair.features == (words.Said("folding", ("folding", "foldable")),)
    assert known.colours[chair.colours[0]].words == ("red", "scarlet")
    assert (chair.price, chair.spread, chair.margin, chair.demand) == (40, 0.4, 0.3, 4)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("colours: [red]", "colours: [green]", "colours: nobody defines green"),
        ("uses: [picnic]", "uses: [opera]", "uses: nobody defines opera"),
        ("goes_with: []", "goes_with: [sofa]", "goes_with: nobody defines sofa"),
        ("    styles: [modern]\n", "", "styles: add this key"),
        ("price: 40", "price: forty", "price: 'forty' has the wrong form"),
        ("price: 40", "price: 40000", "price: 40000 is not between"),
        ("price: 40", "price: .nan", "price: nan is not between"),
        ("margin: 0.3", "margin: 30", "margin: 30 is not between"),
        ("demand: 4", "demand: 10", "demand: 10 is none of"),
        ("season: none", "season: monsoon", "season: 'monsoon' is none of"),
        ("[chair, seat]", "[seat, chair]", "words: put the name 'chair' first"),
        ("[chair, seat]", "[chair, Seat]", "words: write 'Seat' in lower-case"),
        ("[chair, seat]", "[chair, chair]", "words: a word is there twice"),
        ("[foldable]", "[foldable, 100]", "features: write 100 in lower-case"),
    ],
)
def test_a_broken_type_is_refused_by_file_type_and_key(tmp_path, old, new, says):
    assert old in CHAIR
    with pytest.raises(ValueError, match=r"seats\.yml, chair, ") as error:
        small(tmp_path, seats=CHAIR.replace(old, new))
    assert says in str(error.value)


def test_a_name_in_two_departments_is_refused(tmp_path):
    with pytest.raises(ValueError, match="types: chair is there twice"):
        small(tmp_path, seats=CHAIR, stools=CHAIR)


def test_a_family_in_two_departments_is_refused(tmp_path):
    stool = CHAIR.replace("chair", "stool").replace("seats", "stools")
    with pytest.raises(ValueError, match="family 'seating' is in 2 departments"):
        small(tmp_path, seats=CHAIR, stools=stool)


def test_a_broken_use_is_refused(tmp_path):
    broken = COMMON.replace("season: summer", "season: july")
    with pytest.raises(ValueError, match=r"common\.yml, picnic, season: 'july'"):
        small(tmp_path, common=broken, seats=CHAIR)


def test_a_file_without_types_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"seats\.yml, types: add this key"):
        small(tmp_path, seats="")
