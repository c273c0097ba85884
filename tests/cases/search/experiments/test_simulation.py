"""Totals of a shopper, and an index that ages."""

import copy

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.search.experiments import stock_last
from sevensteps.cases.search.world import PLACES, Incumbent, View

from .conftest import newest_shown, requests_of


def test_totals_of_a_shopper_are_the_outcome_s(shop):
    outcome = shop.run(Incumbent(shop.world.seed), 2)
    totals, sessions = shop.per_unit_totals(outcome), outcome.sessions
    assert len(totals) == outcome.shoppers.num_rows
    assert totals.sessions.sum() == len(sessions)
    assert totals.satisfied.sum() == sessions.true_satisfied.sum()
    assert totals.margin.sum() == pytest.approx(outcome.daily.margin.sum())
    someone = sessions.shopper_id.iloc[0]
    own = sessions[sessions.shopper_id == someone]
    assert totals.clicks[someone] == own.clicks.sum()


def test_what_is_sold_out_goes_last_and_nothing_is_lost():
    table = pa.table({"in_stock": [True, False, True, False]})
    view = View(0, table, table, table, None)
    lists = np.array([[1, 0, 3, 2, -1], [3, -1, -1, -1, -1]], np.int32)
    assert stock_last(lists, view).tolist() == [[0, 2, 1, 3, -1], [3, -1, -1, -1, -1]]


def test_new_products_are_found_when_the_index_is_built_anew(shop):
    days = shop.history.days
    outcome = shop.run(shop.policy(sources=("keyword",), every=2), 4)
    assert newest_shown(outcome) == days + 2  # the last day's are not in the index yet


def test_a_query_s_list_is_made_once_for_each_index(shop):
    calls = []

    class Counting:
        def lists(self, texts, k):
            calls.extend(texts)
            return np.tile(np.arange(k, dtype=np.int32), (len(texts), 1))

    history = shop.history
    view = View(9, history.products, history.queries, history.shoppers, None)
    policy = shop.policy()
    policy.build = lambda view: Counting()
    requests = requests_of([3, 3, 5])
    assert policy(requests, view).product_id.shape == (3, PLACES)
    policy(requests, view)
    assert len(calls) == 2


def test_a_copy_builds_an_index_of_its_own(shop):
    policy = shop.policy(sources=("keyword",), every=99)
    shop.run(policy, 1)
    copied = copy.deepcopy(policy)
    assert copied._built is None
    assert policy._built[0] == shop.history.days
    assert copied.every == 99
