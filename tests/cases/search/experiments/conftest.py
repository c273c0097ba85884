"""A small shop with its past."""

import numpy as np
import pytest

from sevensteps.cases.search.experiments import SearchSimulation, table_of
from sevensteps.cases.search.world import DAY, Requests, SearchWorld, Size


@pytest.fixture(scope="package")
def shop():
    """Four thousand products, two thousand shoppers, a week."""
    return SearchSimulation.after(SearchWorld(Size(4_000, 3_000, 2_000, 60, days=7)))


def newest_shown(outcome):
    """The day on which the newest product that was shown was listed."""
    shown = table_of(outcome.searches["shown"])
    return outcome.products["listed_at"].to_numpy()[shown[shown >= 0]].max() // DAY


def requests_of(query):
    """One search for each query, by nobody."""
    zeros = np.zeros(len(query), np.int32)
    return Requests(zeros, zeros, zeros, zeros, zeros, np.asarray(query), zeros)
