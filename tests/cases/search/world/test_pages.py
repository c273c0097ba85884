"""What people do with a page, under two models of the eye."""

import numpy as np
import pytest
from scipy.special import expit

from sevensteps.cases.search.world import PLACES, examination_probability
from sevensteps.cases.search.world.pages import (
    BUYS,
    CLICKS,
    GOES_ON,
    LOOKER_CLICKS,
    LOOKERS,
    PLEASES,
    TRUST,
    ProductMatch,
    behave,
    chance,
)
from sevensteps.cases.search.world.records import Draws
from sevensteps.world import uniforms, unit_streams

N = 60_000
DEVICE = (np.arange(N) % 2).astype(np.int8)
SESSION = unit_streams(np.arange(N), seed=1, future=2, day=3)
SEARCH = unit_streams(np.arange(N), seed=2, future=2, day=3)
PRODUCT = np.arange(N * PLACES).reshape(N, PLACES) % 5_000


def read(model, promise=2.0, worth=4.0, *, grade=4, stocked=True, product=PRODUCT):
    """What N searchers do with pages."""
    match = np.int8(grade), np.float32(promise), np.float32(worth), stocked
    match = ProductMatch(*(np.broadcast_to(each, product.shape) for each in match))
    return behave(model, match, product, DEVICE, SESSION, SEARCH)


@pytest.fixture(scope="module", params=["position", "cascade"])
def both(request):
    """A model of the eye, and what it sees of pages that mostly please."""
    return request.param, read(request.param)


@pytest.fixture(scope="module")
def lookers():
    """(N,) who only wants to see whether something is there."""
    return uniforms(SESSION, 0, Draws.LOOKER) < LOOKERS


def test_places_are_seen_with_the_chance_of_the_model():
    seen = read("position").examined
    for device in (0, 1):
        rate = seen[device == DEVICE].mean(axis=0)
        told = examination_probability(np.array([device]))[0]
        assert np.abs(rate - told).max() < 0.008
        assert told[0] == 1
        assert told[9] == pytest.approx(10 ** -(0.7, 1.1)[device], abs=1e-6)


def test_a_place_is_seen_or_not_whatever_stands_above_it():
    """No click, click or satisfaction above moves the eye; nor do other places."""
    calm, busy = read("position", promise=-99.0), read("position", promise=99.0)
    assert np.array_equal(calm.examined, busy.examined)
    seen = calm.examined[DEVICE == 0][:, 1:].astype(float)
    between = np.corrcoef(seen.T) - np.eye(PLACES - 1)
    assert np.abs(between).max() < 0.03


def test_nobody_looks_below_what_satisfied():
    seen = read("cascade")
    lowest = PLACES - 1 - seen.clicked[:, ::-1].argmax(axis=1)
    last = np.where(seen.clicked.any(axis=1), lowest, 0)
    pleased = seen.satisfied & ~seen.without_click
    below = seen.examined & (np.arange(PLACES) > last[:, None])
    assert not below[pleased].any()
    assert below[~pleased].any()


def test_the_eye_goes_on_with_a_chance_by_device():
    seen = read("cascade", promise=-99.0).examined
    assert seen[:, 0].all()
    assert (np.diff(seen.astype(int), axis=1) <= 0).all()
    for device in (0, 1):
        mine = seen[device == DEVICE]
        rate = mine[:, 1:].sum() / mine[:, :-1].sum()
        assert rate == pytest.approx(GOES_ON[device], abs=0.004)


def test_what_is_seen_is_clicked_with_the_stated_chance_and_trust(both):
    _, seen = both
    often = (seen.clicked.sum(axis=0) / seen.examined.sum(axis=0))[:6]
    plain = chance(np.float32(2) + TRUST, CLICKS)[:6]
    told = (1 - LOOKERS) * plain + LOOKERS * LOOKER_CLICKS * plain
    assert np.abs(often - told).max() < 0.02
    assert np.allclose(TRUST * np.arange(1, PLACES + 1), 0.8)
    assert chance(np.float32(2), CLICKS) == pytest.approx(expit(0.85 * 2 - 4))
    assert chance(np.float32(2), PLEASES) == pytest.approx(expit(0.9 * 2 - 3.9))


def test_good_abandonment_needs_a_good_product_in_stock_that_was_seen(both, lookers):
    model, seen = both
    quiet = ~seen.clicked.any(axis=1)
    assert quiet.mean() > 0.1
    assert not seen.satisfied[quiet & ~lookers].any()
    assert seen.without_click.any()
    assert not seen.without_click[~lookers].any()
    assert seen.satisfied[seen.without_click].all()
    for worse in ({"grade": 2}, {"stocked": False}):
        assert not read(model, **worse).without_click.any()
    deep = np.zeros((1, PLACES), np.int8)
    deep[0, 5] = 3
    found = read(model, promise=-99.0, grade=deep)
    assert np.array_equal(found.without_click, found.examined[:, 5] & lookers)


def test_of_those_satisfied_some_buy_what_is_in_stock(both, lookers):
    model, seen = both
    bought = seen.bought >= 0
    rows = np.flatnonzero(bought)
    assert seen.clicked[rows, seen.bought[rows]].all()
    assert seen.satisfied[bought].all()
    assert not (read(model, stocked=False).bought >= 0).any()
    once = (seen.clicked.sum(axis=1) == 1) & seen.satisfied & ~lookers
    assert bought[once].mean() == pytest.approx(BUYS, abs=0.02)


def test_an_empty_place_is_neither_seen_nor_clicked(both):
    model, full = both
    gap = PRODUCT.copy()
    gap[:, [0, 4]] = -1
    seen = read(model, product=gap)
    assert not seen.examined[:, [0, 4]].any()
    assert not seen.clicked[:, [0, 4]].any()
    assert seen.examined[:, 1].any()
    if model == "position":
        kept = np.delete(np.arange(PLACES), [0, 4])
        assert np.array_equal(seen.clicked[:, kept], full.clicked[:, kept])
