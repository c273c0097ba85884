"""Interleaving is fair: to equal rankers, under random clicks; and finds the better."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.measure import (
    preference,
    sample_size,
    search_wins,
    searches_needed,
    sensitivity_ratio,
    team_draft,
)


def drafted(a, b, coins):
    """The captains' game, round by round, from the top of a page."""
    lists, page, team = [[int(x) for x in y if x >= 0] for y in (a, b)], [], []

    def rest(who):
        return [x for x in lists[who] if x not in page]

    def both_can_reply():
        a, b = rest(0), rest(1)
        return bool(a and b and set(b) - {a[0]} and set(a) - {b[0]})

    while rest(0) and rest(1) and not set(team) - {-1} and lists[0] and lists[1]:
        if len(page) >= min(map(len, lists)) or a[len(page)] != b[len(page)]:
            break
        page.append(int(a[len(page)]))
        team.append(-1)
    while len(page) < len(coins) and both_can_reply():
        begins = int(coins[len(page)] >= 0.5)
        for who in (begins, 1 - begins):
            page.append(rest(who)[0])
            team.append(who)
    for who in (0, 1):
        page += rest(who)
    k = len(coins)
    page, team = page + [-1] * k, team + [-1] * 2 * k
    return page[:k], team[:k]


def rankings(rng, n=60, k=8, n_items=12, shared=3, ragged=False):
    """Two rankings of few items; the first of them agree in some searches."""
    tables = np.tile(np.arange(n_items), (2, n, 1))
    a, b = rng.permuted(tables, axis=2)[:, :, :k]
    agree = rng.integers(0, shared + 1, n)
    for i in np.flatnonzero(agree):
        head = a[i, : agree[i]]
        rest = b[i][~np.isin(b[i], head)]
        b[i] = np.concatenate([head, rest, np.full(k, -1)])[:k]
    if ragged:
        for ids in (a, b):
            ids[np.arange(k) >= rng.integers(0, k + 1, n)[:, None]] = -1
    return a, b


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.booleans())
def test_pages_are_what_captains_would_draft(seed, k, ragged):
    a, b = rankings(np.random.default_rng(seed), k=k, ragged=ragged)
    made = team_draft(a, b, seed=seed)
    coins = np.random.default_rng(seed).random(a.shape)
    for i in range(len(a)):
        page, team = drafted(a[i], b[i], coins[i])
        assert (made.lists[i].tolist(), made.team[i].tolist()) == (page, team)


WORTH = np.linspace(0.05, 0.5, 12)  # chance of a click when looked at, by document


def ordered(rng, n, noise, k=8):
    """(n, k) documents by a noisy view of their worth."""
    seen = WORTH + rng.normal(0, noise, (n, len(WORTH)))
    return np.argsort(-seen, axis=1)[:, :k]


def clicks(rng, lists):
    """Looked at the less, the lower; clicked by worth."""
    look = 1 / np.arange(1, lists.shape[1] + 1)
    chance = np.where(lists >= 0, WORTH[lists], 0)
    return rng.random(lists.shape) < look * chance


def verdict(seed, noise_a, noise_b, n=1_000):
    rng = np.random.default_rng(seed)
    page = team_draft(ordered(rng, n, noise_a), ordered(rng, n, noise_b), seed=seed)
    return search_wins(page.team, clicks(rng, page.lists))


@pytest.mark.parametrize(
    ("noise_a", "noise_b", "winner"), [(0.05, 0.4, 1), (0.4, 0.05, -1)]
)
def test_the_better_ranker_wins_in_spite_of_places(noise_a, noise_b, winner):
    said = preference(verdict(1, noise_a, noise_b, n=3_000), np.arange(3_000))
    assert np.sign(said.delta.low) == np.sign(said.delta.high) == winner
    assert said.p_value < 1e-3
    assert said.wins + said.losses + said.ties == 3_000
    mean = (said.wins - said.losses) / 6_000
    assert said.delta.estimate == pytest.approx(mean)


def test_a_shopper_with_many_searches_has_one_vote():
    won = np.r_[np.ones(500, int), -np.ones(9, int)]
    shopper = np.r_[np.zeros(500, int), np.arange(1, 10)]
    said = preference(won, shopper)
    assert said.delta.estimate > 0
    assert said.p_value == pytest.approx(2 * 11 / 2**10)
    assert 0 in said.delta  # one shopper decides: so nothing is decided


def test_the_searches_needed_by_hand():
    """The normal quantiles of 97.5 and 80 per cent."""
    want = (1.959964 + 0.841621) ** 2 * 0.39 / 0.1**2
    assert searches_needed(0.1, 0.39) == searches_needed(-0.1, 0.39) == np.ceil(want)


def test_the_sensitivity_ratio_is_that_of_the_samples_needed():
    rng = np.random.default_rng(6)
    a, b = rng.normal(0.3, 1, 40_000), rng.normal(0, 1, 40_000)
    won = rng.choice([1, 0, -1], 40_000, p=[0.35, 0.45, 0.2])
    got = sensitivity_ratio(a, b, won)
    want = sample_size(0.3, 1) / searches_needed(0.15, 0.55 - 0.15**2)
    assert want in got
    assert (got.high - got.low) / got.estimate < 0.3
