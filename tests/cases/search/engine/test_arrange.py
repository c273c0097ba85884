"""Rules of the page: each on lists where it can be seen."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.arrange import PageRules, arranged
from sevensteps.cases.search.engine.query import Query, Term

from .conftest import documents_of

BRANDS = ["a", "a", "a", "a", "b", "b", None, "c"]
STOCK = [1, 1, 0, 1, 1, 1, 1, 1]
PRICE = [10, 20, 30, 40, 50, 60, 70, 80]
COLOUR = ["red", "red", "red", "blue", "blue", "blue", None, "red"]
EIGHT = np.arange(8, dtype=np.int32)
FREE = PageRules(per_brand=9)


def ask(text="sofa", *attributes):
    return Query(text, tuple(map(Term, text.split())), attributes, text)


@pytest.fixture(scope="module")
def documents():
    empty = [[] for _ in BRANDS]
    fields = {"brand": BRANDS, "colour": COLOUR}
    return documents_of(empty, empty, fields, {"in_stock": STOCK, "price": PRICE})


def test_what_cannot_be_delivered_comes_last(documents):
    assert arranged(ask(), EIGHT, documents, FREE) == [0, 1, 3, 4, 5, 6, 7, 2]


def test_a_list_that_is_not_full_stays_so(documents):
    ids = np.array([7, 2, -1, 5, -1], np.int32)
    assert arranged(ask(), ids, documents, FREE) == [7, 5, 2]
    assert arranged(ask(), ids[[2, 4]], documents, FREE) == []


def test_no_brand_fills_the_first_places(documents):
    rules = PageRules(per_brand=2, first=4)
    assert arranged(ask(), EIGHT, documents, rules) == [0, 1, 4, 5, 3, 6, 7, 2]
    rules = PageRules(per_brand=1, first=4)  # who names no brand is not counted
    assert arranged(ask(), EIGHT, documents, rules) == [0, 4, 6, 7, 1, 3, 5, 2]


def test_a_brand_that_is_asked_for_may_fill_them(documents):
    rules, asked = PageRules(per_brand=1), ask("a sofa", ("brand", "a"))
    assert arranged(asked, EIGHT, documents, rules)[:3] == [0, 1, 3]


def test_where_brands_run_out_the_rest_follows_before_what_is_gone(documents):
    some = np.array([0, 2, 1, 3], np.int32)
    assert arranged(ask(), some, documents, PageRules(per_brand=1)) == [0, 1, 3, 2]


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        (("price_max", "40"), [0, 1, 3, 4, 5, 6, 7, 2]),
        (("price_min", "50"), [4, 5, 6, 7, 0, 1, 3, 2]),
        (("not colour", "red"), [3, 4, 5, 6, 0, 1, 7, 2]),
        (("not colour", "green"), [0, 1, 3, 4, 5, 6, 7, 2]),
    ],
)
def test_what_breaks_a_constraint_goes_behind(documents, attribute, expected):
    assert arranged(ask("sofa", attribute), EIGHT, documents, FREE) == expected


def test_what_is_banned_is_not_shown_and_what_is_pinned_comes_first(documents):
    rules = PageRules(9, 10, {"sofa": (7, 2, 5, 7, 99, 0, 7)}, frozenset({5, 1}))
    assert arranged(ask(), EIGHT[:6], documents, rules) == [7, 0, 3, 4, 2]
    assert arranged(ask("bed"), EIGHT[:6], documents, rules) == [0, 3, 4, 2]


def test_pins_stay_out_of_what_was_filtered(documents):
    rules = PageRules(9, 10, {"sofa": (7, 3)})
    assert arranged(ask(), EIGHT[:5], documents, rules, pins=False) == [3, 0, 1, 4, 2]


@pytest.mark.parametrize("wrong", [{"per_brand": 0}, {"first": 0}])
def test_rules_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        PageRules(**wrong)
