"""Interleaving in a world that knows which policy is better."""

import pytest

from sevensteps.cases.search.experiments import (
    InterleavedPolicy,
    clicks_by_team,
    table_of,
)
from sevensteps.cases.search.world import Incumbent
from sevensteps.measure import preference, search_wins


@pytest.fixture(scope="module")
def run(shop):
    """A week of the engine (A) against the old search (B)."""
    policy = InterleavedPolicy(
        shop.policy(sources=("keyword",)), Incumbent(shop.world.seed, shuffled=0)
    )
    return policy, shop.run(policy, 7)


def test_clicks_prefer_the_policy_that_satisfies_more(run):
    policy, outcome = run
    clicked, team, shopper = clicks_by_team(outcome, policy)
    read = preference(search_wins(team, clicked), shopper)
    assert read.delta.low > 0
    assert read.p_value < 0.01


def test_each_place_is_of_the_policy_whose_list_holds_it(run, shop):
    policy, outcome = run
    _, team, _ = clicks_by_team(outcome, policy)
    shown = table_of(outcome.searches["shown"])
    query = outcome.searches["query_id"].to_numpy()
    own = policy.a._lists[query]  # the engine's lists, of one index for all seven days
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
