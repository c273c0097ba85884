"""The fallback's rules: on the payment alone, and never a block."""

from itertools import product

import numpy as np
import pytest

from sevensteps.cases.fraud.service import Rules
from sevensteps.cases.fraud.service.requests import PaymentRequest
from sevensteps.cases.fraud.world import Action

ONLINE = {
    "payment_id": 1,
    "card_id": 2,
    "cardholder_id": 3,
    "merchant_id": 4,
    "amount": 250.0,
    "paid_at": 1_000,
    "channel": "online",
    "ip_risk": 0.9,
}


def decided(**changes: object) -> tuple[Action, list[str]]:
    """What the rules say of an online payment with some fields changed."""
    fields = dict.fromkeys(PaymentRequest.model_fields) | ONLINE | changes
    return Rules().decide(PaymentRequest.model_construct(**fields))


@pytest.mark.parametrize("risk", [0.71, 1.0, None])
def test_a_large_payment_from_a_doubtful_address_is_asked_for_a_proof(risk):
    action, reasons = decided(ip_risk=risk)
    assert action is Action.STEP_UP
    assert "online over 100 EUR" in reasons[0]


@pytest.mark.parametrize(
    "harmless", [{"ip_risk": 0.7}, {"amount": 100.0}, {"channel": "chip"}]
)
def test_anything_else_passes(harmless):
    assert decided(**harmless) == (Action.ALLOW, [])


def test_many_payments_are_judged_as_one_by_one():
    payments = list(
        product(["online", "chip"], [99.0, 100.0, 101.0], [0.7, 0.71, None])
    )
    channel, amount, risk = (list(each) for each in zip(*payments, strict=True))
    many = Rules().doubt(np.array(channel) == "online", amount, np.array(risk, float))
    one_by_one = [
        decided(channel=c, amount=a, ip_risk=r)[0] is Action.STEP_UP
        for c, a, r in payments
    ]
    assert many.tolist() == one_by_one
    assert sum(one_by_one) == 2


def test_no_amount_is_blocked():
    assert decided(amount=50_000.0, country="ZZ")[0] is Action.STEP_UP
