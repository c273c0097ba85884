"""The log as clicks by place, against what the world knows."""

import numpy as np

from sevensteps.cases.search.experiments.clicks import clicks_of, relative, table_of
from sevensteps.cases.search.world import PLACES, Incumbent
from sevensteps.measure import randomised_propensity


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
    outcome = town.run(Incumbent(7, shuffled=1.0), 14)
    searches = outcome.searches
    full = (table_of(searches["shown"])[:, :10] >= 0).all(axis=1)
    looked = table_of(outcome.truth["true_examined"])[full]
    eye = relative(looked.mean(axis=0))
    told = randomised_propensity(clicks_of(searches).where(full)).estimate
    assert told[1:10].mean() < 0.9 * eye[1:10].mean()
