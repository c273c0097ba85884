"""Each incident is there at its time and size, and does no more than it says."""

from dataclasses import fields

import numpy as np
import pytest

from sevensteps.cases.search.world import DAY, SEASONS, Incident
from sevensteps.cases.search.world.state import OUT_OF_STOCK, SOLD_OUT, in_stock
from sevensteps.cases.search.world.visits import FAD_DEMAND, demand, seasonal

from .conftest import log_of

START, DAYS, UPTO = 3, 3, 8


@pytest.fixture(scope="module")
def strike(known):
    """The same world with an incident, lived for eight days, by kind."""
    made = {}

    def strike(kind):
        if kind not in made:
            brand = int(np.bincount(known.products.brand).argmax())
            incident = Incident(kind, START, DAYS, brand=brand, department=1)
            world = known.world.inject(incident)
            history = world.history(UPTO)
            log = log_of(history.searches, world.truth(history))
            made[kind] = world, log, world.past(UPTO).state
        return made[kind]

    return strike


@pytest.mark.parametrize("kind", ["fad", "sold_out", "stuffing"])
def test_only_stuffing_changes_products_and_only_new_ones(strike, kind, known):
    state, calm = strike(kind)[2], known.products
    products, n = state.products, len(state.products)
    for field in fields(calm):
        same = getattr(products, field.name) == getattr(calm, field.name)[:n]
        if (kind, field.name) == ("stuffing", "pretends"):
            day = products.listed_at // DAY
            struck = (products.listed_at >= 0) & (day >= START) & (day < START + DAYS)
            assert same[~struck].all()
            titles = (s.listings.title.to_pylist()[:n] for s in (state, known.state))
            stuffed, usual = (sum(map(len, each)) for each in titles)
            assert stuffed > usual
        else:
            assert np.all(same), field.name


def test_a_fad_makes_its_brand_asked_for(known, strike):
    world, log, _ = strike("fad")
    rules = world.rules
    brand = world.incidents[0].brand
    calm, hot = (np.diff(demand(r, START), prepend=0) for r in (known.rules, rules))
    mine = rules.needs.brand == brand
    odds = hot[mine].sum() / hot[~mine].sum() * calm[~mine].sum() / calm[mine].sum()
    assert odds == pytest.approx(1 + FAD_DEMAND, rel=1e-6)
    assert np.allclose(hot[~mine] / hot[~mine].sum(), calm[~mine] / calm[~mine].sum())
    day = log.rows.day.to_numpy()
    now = (day >= START) & (day < START + DAYS)
    share = mine[log.rows.true_need]
    assert share[now].mean() > 3 * share[~now].mean()
    for over in (START - 1, START + DAYS):
        assert np.array_equal(demand(rules, over), demand(known.rules, over))


def test_a_sold_out_department_cannot_deliver(known, strike):
    world, _, state = strike("sold_out")
    rules, kind = world.rules, state.products.kind
    mine = rules.making.words.department[kind] == 1
    for day in range(UPTO):
        there = in_stock(rules, kind, day)
        usual = in_stock(known.rules, kind, day)
        assert np.array_equal(there[~mine], usual[~mine])
        if START <= day < START + DAYS:
            left = 1 - OUT_OF_STOCK - SOLD_OUT
            assert there[mine].mean() == pytest.approx(left, abs=0.03)
            assert not (there & ~usual).any()
        else:
            assert np.array_equal(there, usual)


def test_a_season_comes_two_months_too_soon():
    early = (Incident("early_season", 10, 5),)
    summer = SEASONS.index("summer")
    for day in (9, 10, 14, 15):
        struck, calm = seasonal(day, early), seasonal(day, ())
        ahead = seasonal(day + 60, ())[summer] if 10 <= day < 15 else calm[summer]
        assert struck[summer] == pytest.approx(ahead)
        assert np.array_equal(np.delete(struck, summer), np.delete(calm, summer))
    half = seasonal(10, (Incident("early_season", 10, 5, size=0.5),))
    assert half[summer] == pytest.approx(seasonal(40, ())[summer])
