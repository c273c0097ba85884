"""Values are recognised where they are meant; prices and negations are constraints."""

import pytest

from sevensteps.cases.search.engine.phrases import Gazetteer
from sevensteps.cases.search.engine.query import query_constraints
from sevensteps.rank.text import Analyser

ANALYSER = Analyser()


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
