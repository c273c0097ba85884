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
        Filters((("brand", ("a", "c")),)),
        Filters((("brand", ("b",)), ("colour", ("red",))), price_min=3),
        Filters(price_min=2, price_max=5, in_stock=True),
        Filters(price_min=9.5),
    ],
)
def test_a_product_passes_if_all_holds(documents, filters):
    def value(name, row):
        column = documents.fields[name]
        return column.names[column.code[row]] if column.code[row] >= 0 else None

    def passes(row):
        price = documents.numbers["price"][row]
        low = filters.price_min is None or price >= filters.price_min
        high = filters.price_max is None or price <= filters.price_max
        there = not filters.in_stock or documents.numbers["in_stock"][row] == 1
        return (
            low
            and high
            and there
            and all(value(name, row) in names for name, names in filters.values)
        )

    rows = np.arange(0, 500, 3, dtype=np.int32)
    expected = [passes(row) for row in rows]
    assert filters.passes(documents, rows).tolist() == expected
    assert bool(filters) == (filters != Filters())


@pytest.mark.parametrize(
    ("value", "said"),
    [(("moon", ("x",)), "no field 'moon'"), (("brand", ("a", "z")), "the brand 'z'")],
)
def test_what_is_not_there_is_told(documents, value, said):
    with pytest.raises(ValueError, match=said):
        Filters((value,)).check(documents)
