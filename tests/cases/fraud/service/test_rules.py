"""What is done: the fallback's rules, and the cheapest action at a probability."""

from itertools import product

import numpy as np
import pytest

from sevensteps.cases.fraud.money import cheapest_actions
from sevensteps.cases.fraud.service import PaymentRequest, Pricing, Rules
from sevensteps.cases.fraud.service.online import act
from sevensteps.cases.fraud.world import Action, Costs

ONLINE = {"amount": 250.0, "channel": "online", "ip_risk": 0.9}


def decided(**changes):
    """What the rules say of an online payment with some fields changed."""
    fields = dict.fromkeys(PaymentRequest.model_fields) | ONLINE | changes
    return Rules().decide(PaymentRequest.model_construct(**fields))


@pytest.mark.parametrize("risk", [0.71, 1.0, None])
def test_a_large_payment_from_a_doubtful_address_is_asked_for_a_proof(risk):
    action, reasons = decided(ip_risk=risk)
    assert action is Action.STEP_UP
    assert "online over 100 EUR" in reasons[0]
    assert decided(ip_risk=risk, amount=50_000.0, country="ZZ")[0] is Action.STEP_UP


@pytest.mark.parametrize(
    "harmless", [{"ip_risk": 0.7}, {"amount": 100.0}, {"channel": "chip"}]
)
def test_anything_else_passes(harmless):
    assert decided(**harmless) == (Action.ALLOW, [])


def test_many_payments_are_judged_as_one_by_one():
    payments = [*product(["online", "chip"], [99.0, 100, 101], [0.7, 0.71, None])]
    channel, amount, risk = (np.array(each) for each in zip(*payments, strict=True))
    many = Rules().doubt(channel == "online", amount, risk.astype(float))
    one_by_one = [
        decided(channel=c, amount=a, ip_risk=r)[0] is Action.STEP_UP
        for c, a, r in payments
    ]
    assert many.tolist() == one_by_one
    assert sum(one_by_one) == 2


@pytest.mark.parametrize("price", [0.0, 3.0])
def test_the_service_takes_the_action_that_is_cheapest_in_a_batch(price):
    grid = np.meshgrid(np.linspace(0, 1, 201), [1, 90, 1e4])
    p, amount = (each.ravel() for each in grid)
    policy = Pricing(Costs(review_cost=7), review_price=price)
    batch = cheapest_actions(p, amount, policy.costs, review_price=price)
    alone = [act(*payment, policy) for payment in zip(p, amount, strict=True)]
    assert [action for action, _ in alone] == batch.tolist()
    assert set(batch) == set(Action)
    assert all(bool(why) == (action > Action.ALLOW) for action, why in alone)
