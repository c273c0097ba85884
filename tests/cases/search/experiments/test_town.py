"""Twins, their sums, and an index that ages."""

import pickle

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.search.experiments.policy import EnginePolicy, stock_last
from sevensteps.cases.search.experiments.town import board, compare, per_shopper
from sevensteps.cases.search.world import PLACES, Arms, Incumbent, Requests, View


@pytest.fixture(scope="module")
def policies(town):
    return {
        "today": Incumbent(town.world.seed, shuffled=0),
        "words": town.policy(sources=("keyword",)),
    }


@pytest.fixture(scope="module")
def lived(town, policies):
    return town.twins(policies, days=3)


def test_twins_are_the_same_as_runs_one_by_one(town, lived):
    alone = town.run(town.policy(sources=("keyword",)), 3)
    assert lived["words"].searches.equals(alone.searches)


def test_a_town_travels_without_its_index(town):
    assert town.engine is not None
    copy = pickle.loads(pickle.dumps(town))
    assert copy.history.searches.equals(town.history.searches)
    assert "engine" not in vars(copy)


def test_sums_by_shopper_are_the_outcome_s(lived):
    outcome = lived["words"]
    sums = per_shopper(outcome, outcome.shoppers.num_rows)
    sessions = outcome.sessions
    assert sums.sessions.sum() == len(sessions)
    assert sums.satisfied.sum() == sessions.true_satisfied.sum()
    assert sums.margin.sum() == pytest.approx(outcome.daily.margin.sum())
    someone = sessions.shopper_id.iloc[0]
    own = sessions[sessions.shopper_id == someone]
    assert sums.clicks[someone] == own.clicks.sum()


def test_a_board_is_per_thousand_shoppers_and_day(lived):
    table = board(lived)
    outcome = lived["words"]
    n = max(o.shoppers.num_rows for o in lived.values())
    expected = outcome.daily.bought.sum() / n / 3 * 1_000
    assert table.bought["words"].estimate == pytest.approx(expected)
    assert (table.satisfied["words"] - table.satisfied["today"]).low > 0


def test_an_experiment_compares_disjoint_shoppers(town, policies):
    arms = Arms(policies)
    outcome = town.run(arms, 2)
    read = compare(outcome, arms, "words", "today")
    n = outcome.shoppers.num_rows
    arm = arms.names(np.arange(n))
    sums = per_shopper(outcome, n) * 500
    gap = sums.clicks[arm == "words"].mean() - sums.clicks[arm == "today"].mean()
    assert read.clicks.estimate == pytest.approx(gap)


def test_what_is_sold_out_goes_last_and_nothing_is_lost():
    table = pa.table({"in_stock": [True, False, True, False]})
    view = View(0, table, table, table, None)
    lists = np.array([[1, 0, 3, 2, -1], [3, -1, -1, -1, -1]], np.int32)
    assert stock_last(lists, view).tolist() == [[0, 2, 1, 3, -1], [3, -1, -1, -1, -1]]


def test_new_products_are_found_when_the_index_is_built_anew(town):
    days, built = town.history.days, []
    policy = town.policy(sources=("keyword",), every=2)
    inner = policy.build
    policy.build = lambda view: built.append(view.day) or inner(view)
    outcome = town.run(policy, 4)
    assert built == [days, days + 2]
    shown = outcome.searches["shown"].combine_chunks().flatten().to_numpy()
    listed = outcome.products["listed_at"].to_numpy() // 86_400
    newest = listed[shown[shown >= 0]].max()
    assert newest == days + 2  # those of the last day are not in the index yet


def test_a_query_s_list_is_made_once_for_each_index(town):
    calls = []

    class Counting:
        def lists(self, texts, k):
            calls.extend(texts)
            return np.tile(np.arange(k, dtype=np.int32), (len(texts), 1))

    history = town.history
    view = View(9, history.products, history.queries, history.shoppers, None)
    policy = EnginePolicy(lambda view: Counting())
    asks = np.array([3, 3, 5], np.int32)
    zeros = np.zeros(3, np.int64)
    requests = Requests(
        zeros, zeros, asks, asks, zeros.astype("i1"), asks, zeros.astype("i1")
    )
    assert policy(requests, view).product_id.shape == (3, PLACES)
    policy(requests, view)
    assert len(calls) == 2
