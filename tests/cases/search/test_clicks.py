"""The log as clicks by place, against what the world knows."""

import numpy as np

from sevensteps.cases.search.clicks import clicks_of, relative, table_of
from sevensteps.measure import randomised_propensity
from sevensteps.worlds.search import PLACES


def test_the_log_s_places_and_clicks_are_kept(town):
    searches = town.history.searches
    log = clicks_of(searches)
    shown, clicked = table_of(searches["shown"]), table_of(searches["clicked"])
    assert log.n_places == PLACES
    assert len(log) == searches.num_rows
    assert np.array_equal(log.filled, shown >= 0)
    assert log.clicked.sum() == clicked.sum()


def test_clicks_fall_faster_than_looks_because_the_top_is_trusted(town):
    """What a lottery of places measures is the eye and the trust together."""
    searches = town.history.searches
    shown = table_of(searches["shown"])
    looked = table_of(town.world.truth(town.history)["true_examined"])
    full = (shown[:, :10] >= 0).all(axis=1)
    mixed = searches["randomised"].to_numpy(zero_copy_only=False) & full
    eye = relative(looked[full].mean(axis=0))
    told = randomised_propensity(clicks_of(searches).where(mixed))
    assert told.at(4).estimate < eye[4]
