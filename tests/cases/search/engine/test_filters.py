"""Filters against a plain loop over the products."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.filters import Filters

from .conftest import documents_of


@pytest.fixture(scope="module")
def documents():
    rng = np.random.default_rng(3)
    empty = [[]] * 500
    fields = {
        "brand": rng.choice(["a", "b", "c", ""], 500).tolist(),
        "colour": rng.choice(["red", "blue", ""], 500).tolist(),
    }
    numbers = {
        "price": rng.integers(1, 9, 500),
        "in_stock": rng.integers(0, 2, 500),
    }
    return documents_of(empty, empty, fields, numbers)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters((("brand", ("b", "c")), ("colour", ("red",))), price_min=3),
        Filters(price_min=2, price_max=5, in_stock=True),
        Filters(price_min=9.5),
    ],
)
def test_a_product_passes_if_all_holds(documents, filters):
    price, stock = documents.numbers["price"], documents.numbers["in_stock"]
    told = {name: column.told() for name, column in documents.fields.items()}
    rows = np.arange(0, 500, 3, dtype=np.int32)
    expected = [
        (filters.price_min or 0) <= price[row] <= (filters.price_max or 99)
        and stock[row] >= filters.in_stock
        and all(told[name][row] in names for name, names in filters.values)
        for row in rows
    ]
    assert filters.passes(documents, rows).tolist() == expected
    assert bool(filters) == (filters != Filters())


@pytest.mark.parametrize(
    ("value", "said"),
    [(("moon", ("x",)), "no field 'moon'"), (("brand", ("a", "z")), "the brand 'z'")],
)
def test_what_is_not_there_is_told(documents, value, said):
    with pytest.raises(ValueError, match=said):
        Filters((value,)).check(documents)
