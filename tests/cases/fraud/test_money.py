"""Decisions and euros: against arithmetic by hand, a simulation and brute force."""

import numpy as np
import pytest

from sevensteps.cases.fraud.money import (
    ACTIONS,
    cheapest_actions,
    expected_costs,
    money_saved,
    review_price,
)
from sevensteps.cases.fraud.world import Action, Costs

COSTS = Costs(fraud_loss_share=0.9, margin_rate=0.01)


def payments(n=4000, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.beta(0.2, 4, n)
    return p, rng.random(n) < p, rng.lognormal(4, 1, n), rng.integers(0, 10, n)


def test_actions_have_the_worlds_codes():
    assert [Action[name.upper()].value for name in ACTIONS] == [0, 1, 2, 3]


def test_by_hand():
    fraud = expected_costs([1.0], [100], COSTS)[0]
    np.testing.assert_allclose(fraud, [115, 0.05 + 11.5, 4 + 5.75, 0])
    honest = expected_costs([0.0], [100], COSTS)[0]
    np.testing.assert_allclose(honest, [-1, 0.05 - 0.96, 4 - 0.98 + 0.12, 6])


def test_cheapest_is_the_minimum_and_certain_fraud_is_blocked():
    p, _, amount, _ = payments()
    action = cheapest_actions(p, amount, COSTS)
    cheapest = expected_costs(p, amount, COSTS).argmin(axis=1)
    np.testing.assert_array_equal(action, cheapest)
    assert len(set(action)) >= 3
    assert cheapest_actions([1.0, 0.0], [100, 100], COSTS).tolist() == [3, 0]


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
    want = (costs[:, 0] - costs[np.arange(len(p)), ours]).sum() / 10
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
        (lambda: money_saved([4], [1], [1], [1.0], [0], COSTS), "row 0 is 4"),
        (lambda: review_price([0.5], [1], [0], COSTS, review_capacity=-1), "capacity"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
