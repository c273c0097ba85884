"""Synonyms of a file, values where they are meant, and what a query does not want."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevensteps.cases.search.engine.query import query_constraints
from sevensteps.rank.phrases import (
    BrokenSynonyms,
    Gazetteer,
    found,
    parse,
)
from sevensteps.rank.text import Analyser

ANALYSER = Analyser()
WORDS = st.text("abcd", min_size=1, max_size=2)


def table_of(text):
    return parse(text, ANALYSER).others


def test_a_line_of_equals_and_a_line_of_one_way():
    told = table_of("sofa, couch, Settees # seats\n\npouffe => footstool\n")
    assert told == {
        "sofa": (("couch", 0.8), ("sette", 0.8)),
        "couch": (("sette", 0.8), ("sofa", 0.8)),
        "sette": (("couch", 0.8), ("sofa", 0.8)),
        "pouff": (("footstool", 0.8),),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a1 => b1\nb1 => a1\n", {"a1": (("b1", 0.8),), "b1": (("a1", 0.8),)}),
        (
            "sofa, sofas\nlamp => light\nlamp, light\n",
            {"lamp": (("light", 0.8),), "light": (("lamp", 0.8),)},
        ),
    ],
)
def test_circles_do_no_harm_and_what_is_said_twice_counts_once(text, told):
    assert table_of(text) == told


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sofa, , couch", "nothing before or after a comma"),
        ("=> sofa", "nothing before or after a comma or an arrow"),
        ("sofa =>", "nothing before or after a comma or an arrow"),
        ("a1 => b1 => c1", "two arrows"),
        ("sofa", "stands alone"),
        ("sofa => sofas", "synonym of itself"),
        ("sofa, the", "'the' is nothing but stop words"),
        ("sofa, co\x00uch", "cannot be printed"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(line, why):
    with pytest.raises(BrokenSynonyms, match=f"^line 3: .*{why}"):
        parse(f"lamp => light\n# next\n{line}\n", ANALYSER)


def test_all_broken_lines_are_named_at_once():
    with pytest.raises(BrokenSynonyms, match=r"line 1: .*\nline 3: "):
        parse("sofa\nlamp, light\nbed\n", ANALYSER)


BROKEN = {
    "half": (b"sofa, couch\nlamp, li", "line 2: no end of line"),
    "latin": ("lamp, light\nca\xf1a, b\n".encode("latin-1"), "line 2: .*is it UTF-8"),
    "empty": (b"", "line 1: no end of line"),
    "binary": (b"lamp, light\nso\x00fa, c\n", "line 2: .*cannot be printed"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused(kind):
    raw, why = BROKEN[kind]
    with pytest.raises(BrokenSynonyms, match=why):
        parse(raw.decode("utf-8-sig", "surrogateescape"), ANALYSER)


PHRASES = st.sets(st.lists(WORDS, min_size=1, max_size=3).map(" ".join))


@given(PHRASES, st.lists(WORDS, max_size=8))
def test_what_is_found_lies_apart_and_is_the_longest(phrases, tokens):
    end = 0
    for start, stop, phrase in found(tokens, phrases):
        assert start >= end
        assert phrase == " ".join(tokens[start:stop])
        longer = range(stop + 1, len(tokens) + 1)
        assert not any(" ".join(tokens[start:n]) in phrases for n in longer)
        assert not phrases & {*tokens[end:start]}
        end = stop
    assert not phrases & {*tokens[end:]}


def products():
    """(title, category, colour, material, brand) rows of a shop with puns."""
    rows = []
    for colour in ("Orange", "Grey", "Light Grey", "Red"):
        for brand in ("Orren Ellis", "Hay"):
            rows += [(f"{brand} {colour} sofa", "Sofas", colour, "Linen", brand)] * 5
            rows += [(f"{colour} cotton rug", "Rugs", colour, "Cotton", brand)] * 5
    for size in ("small", "large"):
        rows += [(f"{size} orange juice", "Drinks", "", "", "")] * 40
        rows += [(f"{size} cotton candy pink", "Sweets", "", "", "")] * 40
        rows += [(f"{size} bale of hay for rabbits", "Pets", "", "", "")] * 90
    rows += [("oak table wooden legs", "Tables", "Oak", "Oak", "")] * 3
    rows += [("oak table", "Tables", "White", "Oak", "")] * 9
    rows += [("stool without arms", "Stools", "", "", "")] * 3
    rows += [("no drill shelf, wooden legs", "Shelves", "", "", "")] * 3
    return rows


@pytest.fixture(scope="module")
def gazetteer():
    title, *columns = zip(*products(), strict=True)
    columns = dict(
        zip(("category", "colour", "material", "brand"), columns, strict=True)
    )
    return Gazetteer.fit(title, columns["category"], columns, ANALYSER)


GREY, SOFAS = ("colour", "Light Grey"), ("category", "Sofas")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("light grey orren ellis sofas", [GREY, ("brand", "Orren Ellis"), SOFAS]),
        ("grey lamp", [("colour", "Grey")]),
        ("lamp", []),
        ("orange sofa", [("colour", "Orange"), SOFAS]),
        ("orange juice", []),
        ("cotton rug", [("material", "Cotton"), ("category", "Rugs")]),
        ("pink cotton candy", []),
        ("hay sofa", [("brand", "Hay"), SOFAS]),
        ("hay for rabbits", []),
        ("hay", []),
        ("red", [("colour", "Red")]),
        ("oak table", [("material", "Oak"), ("category", "Tables")]),
    ],
)
def test_values_are_recognised_where_they_are_meant(gazetteer, text, values):
    """The longest first; by what the rest is about; alone, what it is most often."""
    found = gazetteer.recognise(ANALYSER.tokens(text))
    assert [(each.field, each.value) for each in found] == values


def test_shares_are_those_counted_by_hand(gazetteer):
    (hay,) = gazetteer.values["hay"]
    rows = [row for row in products() if "hay" in row[0].lower().split()]
    hits = sum(row[4] == "Hay" for row in rows)
    assert hay.n == sum(row[4] == "Hay" for row in products())
    assert hay.share == pytest.approx((hits + 1) / (len(rows) + 1))
    categories = sorted({row[1] for row in products()})
    pets, sofas = categories.index("Pets"), categories.index("Sofas")
    shares = dict(zip(hay.categories, hay.shares, strict=True))
    assert shares[pets] == pytest.approx(2 * hay.share / (180 + 2))
    assert shares[sofas] == pytest.approx((20 + 2 * hay.share) / (20 + 2))
    told = dict(zip(*gazetteer.topics[ANALYSER.stemmed("orange")], strict=True))
    drinks, rugs = categories.index("Drinks"), categories.index("Rugs")
    assert told == pytest.approx({drinks: 0.8, rugs: 0.1, sofas: 0.1})


def test_a_value_does_not_reach_from_one_title_into_the_next():
    fit = Gazetteer.fit(
        ["light", "grey sofa"], ["a", "b"], {"colour": ["light grey"] * 2}, ANALYSER
    )
    assert fit.values["light grey"][0].categories.size == 0
    assert ("grey", "sofa") not in fit.pairs, "seen once: rare"
    again = Gazetteer.fit(["a1 b1", "a1 b1"], ["", ""], {}, ANALYSER)
    assert again.pairs == {("a1", "b1")}


PRICES = {
    "sofa under 500": ("sofa", [("price_max", "500")]),
    "sofa under $1,500": ("sofa", [("price_max", "1500")]),
    "no more than £19.99 lamp": ("lamp", [("price_max", "19.99")]),
    "lamp up to 50€ for kids": ("lamp for kids", [("price_max", "50")]),
    "rug over $20 under $50": ("rug", [("price_min", "20"), ("price_max", "50")]),
    "between 50 and 20 rug": ("between 50 and 20 rug", []),
    "rug between 50 and 20": ("rug", [("price_min", "20"), ("price_max", "50")]),
    "rug 20 to 50 euro": ("rug", [("price_min", "20"), ("price_max", "50")]),
    "under sink cabinet": ("under sink cabinet", []),
    "table under 60 cm": ("table under 60 cm", []),
    "toys under 12 months": ("toys under 12 months", []),
    "set of 4 to 6 chairs": ("set of 4 to 6 chairs", []),
    "over 50 birthday": ("over 50 birthday", []),
}


@pytest.mark.parametrize("text", PRICES)
def test_prices_are_told_from_sizes_and_ages(text):
    found = query_constraints(ANALYSER.words(text))
    assert (" ".join(found.words), list(found.bounds)) == PRICES[text]


NEGATIONS = {
    "chair without arms black": ("chair black", [("arms",)]),
    "sofa without wooden legs": ("sofa", [("wooden", "legs")]),
    "table no wood": ("table", [("wood",)]),
    "non slip rug": ("non slip rug", []),
    "no drill shelf": ("no drill shelf", []),
    "chair without": ("chair without", []),
    "without without": ("without without", []),
    "bed without drawers without wheels": ("bed", [("drawers",), ("wheels",)]),
}


@pytest.mark.parametrize("text", NEGATIONS)
def test_what_is_not_wanted_is_no_word_to_search_for(text, gazetteer):
    def known(one, other):
        return (ANALYSER.stemmed(one), ANALYSER.stemmed(other)) in gazetteer.pairs

    found = query_constraints(ANALYSER.words(text), known)
    assert (" ".join(found.words), list(found.excluded)) == NEGATIONS[text]
