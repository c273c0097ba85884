"""A shop that remembers clicks, and one in which two policies share a page."""

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.search.experiments import (
    InterleavedPolicy,
    RememberingPolicy,
    clicks_by_team,
    table_of,
)
from sevensteps.cases.search.world import DEVICES, PLACES, Incumbent, View

from .conftest import requests_of

LISTED = 30
CURVES = np.stack([1 / np.arange(1, PLACES + 1), 1 / np.arange(1, PLACES + 1) ** 2])


class Base:
    """Lists the products 0, 1, 2, ... for every query."""

    def listed(self, requests, view):
        return np.tile(np.arange(LISTED, dtype=np.int32), (len(requests), 1))


def lists(values):
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), PLACES)


def log(query, clicked_place, device="desktop", n=1):
    """Searches for which the same twenty products were shown, and one was clicked."""
    shown = np.tile(np.arange(PLACES, dtype=np.int32), (n, 1))
    code = np.full(n, DEVICES.index(device), np.int8)
    return pa.table(
        {
            "query_id": np.full(n, query, np.int32),
            "device": pa.DictionaryArray.from_arrays(code, pa.array(DEVICES)),
            "shown": lists(shown),
            "clicked": lists(shown == clicked_place),
        }
    )


def view(day, seen):
    stock = pa.table({"in_stock": np.ones(LISTED, bool)})
    return View(day, stock, stock, stock, seen)


def remembering(follows, strength=4.0, first=None):
    """A policy that has seen its first day."""
    usual = np.linspace(0.4, 0.2, LISTED)
    policy = RememberingPolicy(Base(), usual, CURVES, follows, strength)
    made = policy(requests_of([5] * 40), view(28, first))
    return policy, made.product_id


def test_the_first_day_shows_the_base_s_order():
    _, page = remembering("rates", first=log(5, 9, n=50))
    assert (page == np.arange(PLACES)).all()


@pytest.mark.parametrize("follows", ["counts", "rates"])
def test_what_was_clicked_comes_first_for_its_own_query_only(follows):
    policy, _ = remembering(follows)
    made = policy(requests_of([5, 6]), view(29, log(5, 9, n=50)))
    assert made.product_id[:, 0].tolist() == [9, 0]


def test_a_day_s_log_is_learned_once_by_device_and_position():
    policy, _ = remembering("rates")
    for _ in range(3):  # the waves of a day see the same log
        policy(requests_of([5]), view(29, log(5, 9, "phone")))
    assert policy._seen[0].sum() == 1
    assert policy._seen[1].sum() == pytest.approx(CURVES[1].sum())


@pytest.mark.parametrize(("follows", "forgives"), [("counts", False), ("rates", True)])
def test_rates_forgive_what_stands_low_and_counts_do_not(follows, forgives):
    """Ten clicks at the first of fifty places; four at the last, seldom looked at."""
    seen = pa.concat_tables([log(5, 0, n=10), log(5, 19, n=4), log(5, 1, n=36)])
    policy, _ = remembering(follows, strength=0.5)
    page = policy(requests_of([5]), view(29, seen)).product_id[0].tolist()
    assert (page.index(19) < page.index(0)) == forgives


def test_draws_explore_and_are_repeatable():
    (_, page), (_, again) = remembering("draws"), remembering("draws")
    assert (page == again).all()
    assert len(np.unique(page[:, 0])) > 5


@pytest.fixture(scope="module")
def run(shop):
    """A week of the engine (A) against the old search (B)."""
    policy = InterleavedPolicy(
        shop.policy(sources=("keyword",)), Incumbent(shop.world.seed, shuffled=0)
    )
    return policy, shop.run(policy, 7)


def test_each_place_is_of_the_policy_whose_list_holds_it(run, shop):
    policy, outcome = run
    _, team, _ = clicks_by_team(outcome, policy)
    shown = table_of(outcome.searches["shown"])
    query = outcome.searches["query_id"].to_numpy()
    own = policy.a._built[2][
        query
    ]  # the engine's lists, of one index for all seven days
    mine = (shown[:, :, None] == own[:, None, :]).any(axis=2)
    assert mine[team == 0].all()
    assert (team[shown < 0] == -1).all()


def test_a_policy_against_itself_wins_nothing(shop):
    same = Incumbent(shop.world.seed, shuffled=0)
    policy = InterleavedPolicy(same, same)
    outcome = shop.run(policy, 2)
    _, team, _ = clicks_by_team(outcome, policy)
    assert (team == -1).all()


def test_searches_of_others_are_refused(run, shop):
    policy, _ = run
    other = shop.world.live(Incumbent(7), 1, 9, history=shop.history)
    with pytest.raises(KeyError, match="answered by another"):
        clicks_by_team(other, policy)
