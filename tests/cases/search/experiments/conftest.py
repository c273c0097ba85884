"""A small shop with its past."""

import pytest

from sevensteps.cases.search.experiments.town import Town
from sevensteps.cases.search.world import SearchWorld, Size


@pytest.fixture(scope="package")
def town():
    """Four thousand products, two thousand shoppers, a week."""
    return Town.of(SearchWorld(Size(4_000, 3_000, 2_000, 60, days=7)))
