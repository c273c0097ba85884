"""A small shop with its past."""

import pytest

from sevensteps.cases.search.experiments import SearchSimulation
from sevensteps.cases.search.world import SearchWorld, Size


@pytest.fixture(scope="package")
def shop():
    """Four thousand products, two thousand shoppers, a week."""
    return SearchSimulation.after(SearchWorld(Size(4_000, 3_000, 2_000, 60, days=7)))
