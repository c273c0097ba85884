"""The log as clicks by position, against what the world knows."""

import numpy as np

from sevensteps.cases.search.experiments.clicks import clicks_of, table_of
from sevensteps.cases.search.world import PLACES, Incumbent
from sevensteps.measure import randomised_propensity


def test_the_log_s_places_and_clicks_are_kept(shop):
    searches = shop.history.searches
    log = clicks_of(searches)
    shown, clicked = table_of(searches["shown"]), table_of(searches["clicked"])
    assert log.n_places == PLACES
    assert len(log) == searches.num_rows
    assert np.array_equal(log.filled, shown >= 0)
    assert log.clicked.sum() == clicked.sum()


def test_clicks_fall_faster_than_examination_because_the_top_is_trusted(shop):
    """Randomised positions measure examination and trust together."""
    outcome = shop.run(Incumbent(7, shuffled=1.0), 14)
    searches = outcome.searches
    full = (table_of(searches["shown"])[:, :10] >= 0).all(axis=1)
    looked = table_of(outcome.truth["true_examined"])[full]
    examined = looked.mean(axis=0) / looked[:, 0].mean()
    curve = randomised_propensity(clicks_of(searches).where(full)).estimate
    assert curve[1:10].mean() < 0.9 * examined[1:10].mean()
