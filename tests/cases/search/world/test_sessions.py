"""Who comes, with which need, in which words; and whether they come back."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.search.world import SEASONS
from sevensteps.cases.search.world.live import _mood, first_stars
from sevensteps.cases.search.world.needs import FORMS, MISTYPED, SHARES
from sevensteps.cases.search.world.opening import OUT_OF_STOCK, SPELL, in_stock
from sevensteps.cases.search.world.rng import LOOKER, UNSPOKEN
from sevensteps.cases.search.world.schema import FIRST_DAY_OF_YEAR, MOST_SEARCHES
from sevensteps.cases.search.world.state import (
    RATES,
    USUAL_RATING,
    first_shoppers,
)
from sevensteps.cases.search.world.visits import (
    CHEERS,
    RATE,
    TRIES_AGAIN,
    TWICE,
    demand,
    first_wave,
    seasonal,
)
from sevensteps.world import uniforms


@pytest.fixture(scope="module")
def crowd(known):
    """A wave of very many."""
    people = first_shoppers(150_000, 3)
    mood = np.zeros(len(people), np.float32)
    state = replace(known.state, shoppers=people, mood=mood)
    return people, first_wave(known.rules, state, 0, 9)


def test_three_in_five_are_on_the_phone_and_tastes_have_length_one():
    people = first_shoppers(50_000, 3)
    assert people.device.mean() == pytest.approx(0.6, abs=0.01)
    assert np.allclose(np.linalg.norm(people.taste, axis=1), 1, atol=1e-5)
    assert np.abs(people.taste.mean(axis=0)).max() < 0.02
    assert people.purse.std() == pytest.approx(0.8, abs=0.02)
    assert (people.joined_at <= 0).all()


def test_the_eager_come_as_often_as_they_should(crowd):
    people, wave = crowd
    who = wave.requests.shopper_id
    comes = np.bincount(who, minlength=len(people)) > 0
    told = -np.expm1(-RATE * people.eager)
    assert comes.mean() == pytest.approx(told.mean(), abs=0.004)
    keen = people.eager > 2
    assert comes[keen].mean() == pytest.approx(told[keen].mean(), abs=0.012)
    twice = np.bincount(who)[np.unique(who)] == 2
    assert twice.mean() == pytest.approx(TWICE, abs=0.01)


def test_a_good_mood_brings_people_back_and_a_bad_one_keeps_them_away(known):
    people = first_shoppers(50_000, 3)
    state = replace(known.state, shoppers=people)
    n = {}
    for mood in (-0.5, 0.0, 0.5):
        moods = np.full(len(people), mood, np.float32)
        wave = first_wave(known.rules, replace(state, mood=moods), 0, 9)
        n[mood] = len(np.unique(wave.requests.shopper_id))
        rate = -np.expm1(-RATE * people.eager * np.exp(CHEERS * mood))
        assert n[mood] / len(people) == pytest.approx(rate.mean(), abs=0.006)
    assert n[-0.5] < 0.85 * n[0.0] < 0.85 * n[0.5]


def test_moods_remember_how_it_went():
    sessions = pd.DataFrame(
        {"shopper_id": [1, 2, 3, 3], "true_satisfied": [True, False, True, False]}
    )
    mood = _mood(np.full(5, 0.5, np.float32), sessions)
    kept = 0.99 * 0.5
    told = [kept, 0.8 * kept + 0.2, 0.8 * kept - 0.12, 0.8 * kept + 0.04, kept]
    assert np.allclose(mood, told)


def test_words_are_chosen_at_the_stated_shares(crowd, known):
    _, wave = crowd
    share = np.bincount(wave.form, minlength=len(SHARES)) / len(wave.form)
    assert np.abs(share - SHARES).max() < 0.01
    assert share[FORMS:].sum() == pytest.approx(MISTYPED, abs=0.01)
    query = known.asked.form[wave.need, wave.form]
    assert np.array_equal(wave.requests.query_id, query)


def test_needs_follow_their_weights(crowd, known):
    _, wave = crowd
    chance = np.diff(demand(known.rules, 0), prepend=0)
    top = np.argsort(-chance)[:100]
    n = np.bincount(wave.need, minlength=len(chance))[top]
    expected = chance[top] * len(wave.need)
    off = (n - expected) / np.sqrt(expected)
    assert abs(off.mean()) < 0.4
    assert off.std() == pytest.approx(1, abs=0.3)


def test_what_a_session_holds_in_mind_is_drawn_apart(crowd):
    _, wave = crowd
    held = [uniforms(wave.session, 0, p) for p in (UNSPOKEN, LOOKER)]
    known_of = [wave.need, wave.form, wave.requests.at, wave.requests.device, *held]
    between = np.corrcoef(np.array(known_of, float)) - np.eye(len(known_of))
    assert np.abs(between).max() < 0.02


def test_nobody_tries_more_than_three_times_nor_after_an_answer(known):
    rows = known.log.rows.sort_values("search_id")
    n = rows.groupby("session_id").size()
    assert n.max() == MOST_SEARCHES
    assert rows.groupby("session_id").true_need.nunique().max() == 1
    last = rows.groupby("session_id").attempt.transform("max") == rows.attempt
    assert not rows.true_satisfied[~last].any()
    assert (np.diff(rows["at"])[~last.to_numpy()[:-1]] == 60).all()
    tried = ~rows.true_satisfied & (rows.attempt < MOST_SEARCHES - 1)
    assert (~last[tried]).mean() == pytest.approx(TRIES_AGAIN, abs=0.02)
    text = np.array(known.history.queries["text"].to_pylist())[rows.query_id]
    other = text[1:] != text[:-1]
    assert other[~last.to_numpy()[:-1]].mean() > 0.6


def test_stock_comes_and_goes_in_spells(known):
    kind, n = known.products.kind, len(known.products)
    there = np.array([in_stock(known.rules, kind, d) for d in range(8 * SPELL)])
    assert there.mean() == pytest.approx(1 - OUT_OF_STOCK, abs=0.003)
    change = there[1:] != there[:-1]
    day, product = np.nonzero(change)
    assert ((day + 1 + product % SPELL) % SPELL == 0).all()
    spells = there[:, np.arange(n) % SPELL == 0][::SPELL].astype(float)
    assert np.abs(np.corrcoef(spells) - np.eye(8)).max() < 0.12
    products = known.history.products["in_stock"].to_numpy(zero_copy_only=False)
    assert np.array_equal(products, there[known.history.days - 1])


def test_stars_given_in_a_live_run_follow_quality():
    random_key = np.arange(100_000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mean = {
        q: first_stars(np.full(100_000, q), random_key).mean() for q in (-1.0, 0.0, 1.0)
    }
    assert mean[0.0] == pytest.approx(USUAL_RATING, abs=0.05)
    assert mean[-1.0] < mean[0.0] - 0.3 < mean[1.0] - 0.6


def test_some_buyers_leave_stars(known):
    before = known.world.first_state().shop
    n = len(before.sold)
    sold = (known.state.shop.sold[:n] - before.sold).sum()
    rated = (known.state.shop.n_ratings[:n] - before.n_ratings).sum()
    assert sold + known.state.shop.sold[n:].sum() == (known.log.rows.bought >= 0).sum()
    assert rated / sold == pytest.approx(RATES, abs=0.04)
    given = known.state.shop.stars_given[:n] - before.stars_given
    new = known.state.shop.n_ratings[:n] - before.n_ratings
    mean = given[new > 0] / new[new > 0]
    quality = known.products.quality[:n][new > 0]
    assert len(mean) > 80
    assert set(mean[new[new > 0] == 1].tolist()) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    assert np.corrcoef(mean, quality)[0, 1] > 0.25
    assert not given[new == 0].any()


@pytest.mark.parametrize("season", SEASONS[1:])
def test_a_season_comes_and_goes(known, season):
    index = SEASONS.index(season)
    factor = np.array([seasonal(day, ())[index] for day in range(365)])
    assert factor.max() == pytest.approx(2.85, abs=0.01)
    assert factor.min() == pytest.approx(0.35, abs=0.02)
    day_of_year = (FIRST_DAY_OF_YEAR + factor.argmax()) % 365
    peaks = {"spring": 105, "summer": 190, "autumn": 285, "winter": 15, "gifts": 345}
    assert day_of_year == peaks[season]
    assert np.allclose(seasonal(365, ()), seasonal(0, ()))
    mine = known.needs.season == index
    share = [
        np.diff(demand(known.rules, day), prepend=0)[mine].sum()
        for day in (int(factor.argmax()), int(factor.argmin()))
    ]
    assert not mine.any() or share[0] > 3 * share[1]
