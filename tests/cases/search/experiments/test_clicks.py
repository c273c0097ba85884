"""The log as clicks by position, against what the world knows."""

import numpy as np

from sevensteps.cases.search.experiments.clicks import clicks_of, table_of
from sevensteps.cases.search.world import PLACES


def test_the_log_s_places_and_clicks_are_kept(shop):
    searches = shop.history.searches
    log = clicks_of(searches)
    shown, clicked = table_of(searches["shown"]), table_of(searches["clicked"])
    assert log.n_places == PLACES
    assert len(log) == searches.num_rows
    assert np.array_equal(log.filled, shown >= 0)
    assert log.clicked.sum() == clicked.sum()
