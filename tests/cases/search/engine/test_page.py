"""Rules of the page, each on lists where it can be seen; who passes which filters."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.engine import Filters, PageRules, arranged
from sevensteps.cases.search.engine.query import Query
from sevensteps.rank.keyword import Term

from .conftest import documents_of

BRANDS = ["a", "a", "a", "a", "b", "b", None, "c"]
STOCK = [1, 1, 0, 1, 1, 1, 1, 1]
PRICE = [10, 20, 30, 40, 50, 60, 70, 80]
COLOUR = ["red", "red", "red", "blue", "blue", "blue", None, "red"]
EIGHT = np.arange(8, dtype=np.int32)


def ask(text="sofa", *attributes):
    return Query(text, tuple(map(Term, text.split())), attributes, text)


@pytest.fixture(scope="module")
def documents():
    empty = [[] for _ in BRANDS]
    fields = {"brand": BRANDS, "colour": COLOUR}
    return documents_of(empty, empty, fields, {"in_stock": STOCK, "price": PRICE})


@pytest.mark.parametrize(
    ("per_brand", "first", "attributes", "expected"),
    [
        (9, 10, (), [0, 1, 3, 4, 5, 6, 7, 2]),  # what cannot be delivered comes last
        (2, 4, (), [0, 1, 4, 5, 3, 6, 7, 2]),
        (1, 4, (), [0, 4, 6, 7, 1, 3, 5, 2]),  # who names no brand is not counted
        (1, 10, (("brand", "a"),), [0, 1, 3, 4, 5, 6, 7, 2]),  # it was asked for
        (9, 10, (("price_max", "40"),), [0, 1, 3, 4, 5, 6, 7, 2]),
        (9, 10, (("price_min", "50"),), [4, 5, 6, 7, 0, 1, 3, 2]),
        (9, 10, (("not colour", "red"),), [3, 4, 5, 6, 0, 1, 7, 2]),
        (9, 10, (("not colour", "green"),), [0, 1, 3, 4, 5, 6, 7, 2]),
    ],
)
def test_rules_and_constraints(documents, per_brand, first, attributes, expected):
    rules = PageRules(per_brand, first)
    assert arranged(ask("sofa", *attributes), EIGHT, documents, rules) == expected


@pytest.mark.parametrize(
    ("ids", "expected"),
    [([7, 2, -1, 5, -1], [7, 5, 2]), ([-1, -1], []), ([0, 2, 1, 3], [0, 1, 3, 2])],
)
def test_a_short_list_stays_so_and_brands_may_run_out(documents, ids, expected):
    some = np.array(ids, np.int32)
    assert arranged(ask(), some, documents, PageRules(per_brand=1)) == expected


@pytest.fixture(scope="module")
def seven():
    empty = [[]] * 7
    fields = {
        "brand": ["a", "b", "c", None, "b", "c", "a"],
        "colour": ["red", "red", "blue", "red", "blue", "red", None],
    }
    numbers = {"price": [2, 3, 4, 5, 6, 2, 5], "in_stock": [1, 0, 1, 1, 1, 1, 0]}
    return documents_of(empty, empty, fields, numbers)


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(), [0, 1, 2, 3, 4, 5, 6]),
        (Filters((("brand", ("b", "c")),)), [1, 2, 4, 5]),  # either will do
        (Filters((("brand", ("b", "c")), ("colour", ("red",)))), [1, 5]),  # both must
        (Filters((("colour", ("red",)),), price_min=3), [1, 3]),
        (Filters(price_min=3, price_max=5), [1, 2, 3, 6]),  # the bounds themselves, too
        (Filters(in_stock=True), [0, 2, 3, 4, 5]),
        (Filters(price_min=6.5), []),
    ],
)
def test_a_product_passes_if_all_holds(seven, filters, passing):
    rows = np.array([6, 5, 4, 3, 2, 1, 0], np.int32)
    assert filters.passes(seven, rows).tolist() == [row in passing for row in rows]
    assert bool(filters) == (filters != Filters())


@pytest.mark.parametrize(
    ("value", "said"),
    [(("moon", ("x",)), "no field 'moon'"), (("brand", ("a", "z")), "the brand 'z'")],
)
def test_what_is_not_there_is_told(seven, value, said):
    with pytest.raises(ValueError, match=said):
        Filters((value,)).check(seven)
