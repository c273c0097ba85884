"""Decisions and euros: against arithmetic by hand, a simulation and brute force."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from sevensteps.cases.fraud.money import (
    ACTIONS,
    bill,
    cheapest_actions,
    expected_costs,
    money_saved,
    review_price,
)
from sevensteps.cases.fraud.thresholds import Thresholds
from sevensteps.cases.fraud.world import Costs as WorldCosts
from sevensteps.cases.fraud.world.schema import Action


@dataclass(frozen=True)
class Costs:
    fraud_loss_share: float = 0.9
    chargeback_fee: float = 25
    review_cost: float = 4
    review_catches: float = 0.95
    review_insults: float = 0.02
    step_up_cost: float = 0.05
    step_up_abandon: float = 0.04
    step_up_stops: float = 0.9
    margin_rate: float = 0.01
    insult_churn: float = 0.03
    customer_value: float = 200


COSTS = Costs()


def payments(n=4000, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.beta(0.2, 4, n)
    return p, rng.random(n) < p, rng.lognormal(4, 1, n), rng.integers(0, 10, n)


def test_actions_have_the_worlds_codes_and_costs_its_names():
    assert [Action[name.upper()].value for name in ACTIONS] == [0, 1, 2, 3]
    assert expected_costs([0.5], [10], WorldCosts()).shape == (1, 4)


def test_by_hand():
    fraud = expected_costs([1.0], [100], COSTS)[0]
    np.testing.assert_allclose(fraud, [115, 0.05 + 11.5, 4 + 5.75, 0])
    honest = expected_costs([0.0], [100], COSTS)[0]
    np.testing.assert_allclose(honest, [-1, 0.05 - 0.96, 4 - 0.98 + 0.12, 6])


def test_the_bill_adds_up_to_the_expected_costs():
    _, label, amount, _ = payments()
    action = np.random.default_rng(1).integers(0, 4, len(label))
    items = bill(action, label, amount, COSTS)
    total = items.drop(columns="margin").sum(axis=1) - items["margin"]
    costs = expected_costs(label, amount, COSTS)
    np.testing.assert_allclose(total, costs[np.arange(len(label)), action], atol=1e-9)


def test_cheapest_is_the_minimum_and_certain_fraud_is_blocked():
    p, _, amount, _ = payments()
    action = cheapest_actions(p, amount, COSTS)
    np.testing.assert_array_equal(
        action, expected_costs(p, amount, COSTS).argmin(axis=1)
    )
    assert set(action) == {0, 1, 2, 3} or len(set(action)) >= 3
    assert cheapest_actions([1.0, 0.0], [100, 100], COSTS).tolist() == [3, 0]


def test_capacity_is_kept_each_day_and_spent_where_it_saves_most():
    cheap = Costs(review_cost=0.1, step_up_abandon=0.2)
    p, _, amount, _ = payments(8)
    costs = expected_costs(p, amount, cheap)
    best = min(
        sum(costs[i, a] for i, a in enumerate(plan))
        for plan in product(range(4), repeat=8)
        if plan.count(2) <= 2
    )
    action = cheapest_actions(p, amount, cheap, review_capacity=2)
    assert costs[np.arange(8), action].sum() == pytest.approx(best)

    p, _, amount, day = payments()
    action = cheapest_actions(p, amount, cheap, review_capacity=7, day=day)
    assert (np.bincount(day[action == 2]) == 7).all()


def test_the_price_of_a_review_fills_the_queue_on_the_mean_day():
    cheap = Costs(review_cost=0.1, step_up_abandon=0.2)
    p, _, amount, day = payments()
    price = review_price(p, amount, day, cheap, review_capacity=7)
    action = cheapest_actions(p, amount, cheap, review_price=price)
    assert price > 0
    assert (action == 2).sum() == 7 * 10
    assert review_price(p, amount, day, cheap, review_capacity=10**6) == 0


def test_money_saved_is_the_difference_of_the_bills():
    p, label, amount, day = payments()
    ours = cheapest_actions(p, amount, COSTS)
    nothing = np.zeros(len(p), np.int8)
    saved = money_saved(ours, nothing, label, amount, day, COSTS)
    costs = expected_costs(label, amount, COSTS)
    row = np.arange(len(p))
    want = (costs[row, nothing] - costs[row, ours]).sum() / 10
    assert saved.estimate == pytest.approx(want)
    assert saved.low > 0
    against = money_saved(nothing, ours, label, amount, day, COSTS)
    assert against.estimate == pytest.approx(-want)
    same = money_saved(ours, ours, label, amount, day, COSTS)
    assert (same.low, same.high) == (0, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected_costs([0.5], [-1.0], COSTS), "negative in row 0"),
        (lambda: expected_costs([0.5, 0.1], [1.0], COSTS), "`p` 2.*`amount` 1"),
        (lambda: expected_costs([1.5], [1.0], COSTS), "probabilities"),
        (lambda: bill([4], [1], [1.0], COSTS), "row 0 is 4"),
        (lambda: cheapest_actions([0.5], [1.0], COSTS, review_capacity=-1), "capacity"),
        (lambda: Thresholds(0.5, 0.4, 0.9), "must not fall"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
