"""Whether people come back, when; and what is in stock."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.search.world import SEASONS
from sevensteps.cases.search.world.records import MOST_SEARCHES
from sevensteps.cases.search.world.state import OUT_OF_STOCK, SPELL, _mood, in_stock
from sevensteps.cases.search.world.visits import (
    FIRST_DAY_OF_YEAR,
    TRIES_AGAIN,
    demand,
    seasonal,
)


def test_moods_remember_how_it_went():
    sessions = pd.DataFrame(
        {"shopper_id": [1, 2, 3, 3], "true_satisfied": [True, False, True, False]}
    )
    mood = _mood(np.full(5, 0.5, np.float32), sessions)
    kept = 0.99 * 0.5
    told = [kept, 0.8 * kept + 0.2, 0.8 * kept - 0.12, 0.8 * kept + 0.04, kept]
    assert np.allclose(mood, told)


def test_nobody_tries_more_than_three_times_nor_after_an_answer(known):
    rows = known.log.rows.sort_values("search_id")
    sessions = rows.groupby("session_id")
    assert sessions.size().max() == MOST_SEARCHES
    assert sessions.true_need.nunique().max() == 1
    last = sessions.attempt.transform("max") == rows.attempt
    assert not rows.true_satisfied[~last].any()
    again = ~last.to_numpy()[:-1]
    assert (np.diff(rows["at"])[again] == 60).all()
    tried = ~rows.true_satisfied & (rows.attempt < MOST_SEARCHES - 1)
    assert (~last[tried]).mean() == pytest.approx(TRIES_AGAIN, abs=0.02)
    query = rows.query_id.to_numpy()
    assert (query[1:] != query[:-1])[again].mean() > 0.6


def test_stock_comes_and_goes_in_spells(known):
    n = len(known.products)
    days = range(8 * SPELL)
    there = np.array([in_stock(known.rules, known.products.kind, d) for d in days])
    assert there.mean() == pytest.approx(1 - OUT_OF_STOCK, abs=0.003)
    day, product = np.nonzero(there[1:] != there[:-1])
    assert ((day + 1 + product % SPELL) % SPELL == 0).all()
    spells = there[:, np.arange(n) % SPELL == 0][::SPELL].astype(float)
    assert np.abs(np.corrcoef(spells) - np.eye(8)).max() < 0.12
    products = known.history.products["in_stock"].to_numpy(zero_copy_only=False)
    assert np.array_equal(products, there[known.history.days - 1])


PEAKS = {"spring": 105, "summer": 190, "autumn": 285, "winter": 15, "gifts": 345}


@pytest.mark.parametrize("season", SEASONS[1:])
def test_a_season_comes_and_goes(known, season):
    index = SEASONS.index(season)
    factor = np.array([seasonal(day, ())[index] for day in range(365)])
    assert factor.max() == pytest.approx(2.85, abs=0.01)
    assert factor.min() == pytest.approx(0.35, abs=0.02)
    assert (FIRST_DAY_OF_YEAR + factor.argmax()) % 365 == PEAKS[season]
    assert np.allclose(seasonal(365, ()), seasonal(0, ()))
    mine = known.needs.season == index
    high, low = (
        np.diff(demand(known.rules, int(day)), prepend=0)[mine].sum()
        for day in (factor.argmax(), factor.argmin())
    )
    assert not mine.any() or high > 3 * low
