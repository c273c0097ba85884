"""Any text becomes a query; each part does its own work and can be left out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.cases.search.engine.query import PARTS, Query, Understanding
from sevensteps.rank.keyword import Term
from sevensteps.rank.phrases import Gazetteer, Synonyms
from sevensteps.rank.spelling import Speller, WordCounts
from sevensteps.rank.text import Analyser

PRODUCTS = [
    (f"{colour} {material} {thing} with wooden legs", colour, material)
    for colour in ("Grey", "Red", "Light Grey")
    for material in ("Oak", "Linen")
    for thing in ("coffee table", "sofa", "armchair", "table")
] * 3
TITLES = [title for title, _, _ in PRODUCTS]


@pytest.fixture(scope="module")
def understanding():
    analyser = Analyser()
    _, colour, material = zip(*PRODUCTS, strict=True)
    columns = {"colour": colour, "material": material}
    category = ["Sofas" if "sofa" in title else "Tables" for title in TITLES]
    return Understanding(
        analyser,
        Speller.fit(WordCounts.of(analyser.words_of(TITLES))),
        Synonyms.of([("coffe tabl", "cocktail tabl"), ("couch", "sofa")]),
        Gazetteer.fit(TITLES, category, columns, analyser),
    )


def test_a_query_is_read_with_all_its_parts(understanding):
    text = "light grey cofee tables in oak without wooden legs, under $200"
    found = understanding.reading(text)
    table = Term("coffe tabl", (("cocktail tabl", 0.8),))
    assert found.query == Query(
        text,
        (Term("light"), Term("grey"), table, Term("oak")),
        (
            ("colour", "Light Grey"),
            ("material", "Oak"),
            ("price_max", "200"),
            ("not", "wooden leg"),
        ),
        "light grey coffee tables in oak",
    )
    assert found.corrected == (("cofee", "coffee"),)
    assert found.expanded == ("coffe tabl",)
    assert [(each.start, each.stop) for each in found.recognised] == [(0, 2), (4, 5)]
    assert " ".join(found.dropped) == "in without wooden legs under $ 200"


@pytest.mark.parametrize(
    ("text", "words", "attributes"),
    [
        ("table no oak", ("tabl",), (("not material", "Oak"),)),
        ("sofa without arms", ("sofa",), (("not", "arm"),)),
        ("sofa red sofas", ("sofa", "red"), (("colour", "Red"),)),
    ],
)
def test_what_is_not_wanted_and_what_is_said_twice(
    understanding, text, words, attributes
):
    query = understanding.read(text)
    assert (query.words, query.attributes) == (words, attributes)


@pytest.mark.parametrize(
    ("part", "words", "attributes"),
    [
        ("spelling", ("couch", "oakk"), (("price_max", "9"),)),
        ("synonyms", ("couch", "oak"), (("material", "Oak"), ("price_max", "9"))),
        ("attributes", ("couch", "oak"), (("price_max", "9"),)),
        ("constraints", ("couch", "oak", "under", "9"), (("material", "Oak"),)),
    ],
)
def test_each_part_can_be_switched_off(understanding, part, words, attributes):
    query = understanding.without(part).read("couch oakk under 9")
    assert query.words == words
    assert query.attributes == attributes
    others = [term.synonyms for term in query.terms if term.word == "couch"]
    assert others == [() if part == "synonyms" else (("sofa", 0.8),)]


@pytest.mark.parametrize("word", ["dollar", "without", "cheaper", "with"])
def test_words_of_constraints_are_spelt_right_whatever_a_shop_sells(word):
    near = {word[1:]: 900, word[:-1] + "x": 900, "s" + word[1:]: 900}
    reads = Understanding(Analyser(), Speller.fit(WordCounts(near, {})))
    assert reads.reading(word).corrected == ()


def test_without_any_part_only_the_tokens_are_left(understanding):
    text = "Couches, no oakk"
    bare = understanding.without(*PARTS)
    tokens = understanding.analyser.tokens(text)
    asked = Query(text, tuple(map(Term, tokens)), (), "couches no oakk")
    assert bare.read(text) == asked
    assert bare == Understanding(understanding.analyser, constraints=False)
    with pytest.raises(ValueError, match=r"there is no \['grammar'\]"):
        understanding.without("grammar")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *((odd, ()) for odd in ("", " \t\n", "😀🛋️", "!!!", '"', "\x00", "\ud800")),
        ("'; DROP TABLE products; --", ("drop", "tabl", "product")),
        ("كنبة رمادية", ("كنبة", "رمادية")),
        ("x" * 10_000, ("x" * 10_000,)),
        ("without arms", ("without", "arm")),  # constraints alone are the query
        ("with the", ("with", "the")),
    ],
)
def test_odd_texts_are_taken_literally(understanding, text, words):
    assert understanding.read(text).words == words


def test_of_a_long_text_the_first_words_are_read(understanding):
    long = understanding.reading(" ".join(f"w{i}" for i in range(3000)))
    assert len(long.query.terms) == 32
    assert long.dropped[:2] == ("w32", "w33")
    with pytest.raises(ValueError, match="a query is text; got None"):
        understanding.read(None)


SAID = [*" ".join(TITLES[:4]).split(), "no", "under", "50", "cofee", '"']
TEXTS = st.text(max_size=50) | st.lists(st.sampled_from(SAID)).map(" ".join)


@settings(deadline=None)
@given(TEXTS)
def test_every_text_is_read_and_nothing_is_lost_in_silence(understanding, text):
    found = understanding.reading(text)
    query = found.query
    assert query.text == text
    assert len(set(query.words)) == len(query.words)
    assert understanding.reading(text) == found
    stemmed, words = understanding.analyser.stemmed, understanding.analyser.words(text)
    assert bool(query.terms) == bool(words)
    pieces = {piece for word in query.words for piece in word.split(" ")}
    typed = " ".join(one for one, _ in found.corrected).split()
    meant = " ".join(other for _, other in found.corrected).split()
    for word in {*words[:32], *meant} - {*typed}:
        assert stemmed(word) in pieces or word in found.dropped
