"""Which products pass which filters, by hand."""

import numpy as np
import pytest

from sevensteps.cases.search.engine.page import Filters

from .conftest import documents_of


@pytest.fixture(scope="module")
def documents():
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
def test_a_product_passes_if_all_holds(documents, filters, passing):
    rows = np.array([6, 5, 4, 3, 2, 1, 0], np.int32)
    assert filters.passes(documents, rows).tolist() == [row in passing for row in rows]
    assert bool(filters) == (filters != Filters())


@pytest.mark.parametrize(
    ("value", "said"),
    [(("moon", ("x",)), "no field 'moon'"), (("brand", ("a", "z")), "the brand 'z'")],
)
def test_what_is_not_there_is_told(documents, value, said):
    with pytest.raises(ValueError, match=said):
        Filters((value,)).check(documents)
