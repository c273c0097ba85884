"""The fallback's rules: on the payment alone, and never a block."""

import pytest

from sevensteps.serve import Rules
from sevensteps.serve.requests import PaymentRequest
from sevensteps.worlds.payments import Action

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


def test_no_amount_is_blocked():
    assert decided(amount=50_000.0, country="ZZ")[0] is Action.STEP_UP
