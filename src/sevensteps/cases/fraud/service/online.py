"""A payment as it is sent, its features from the online store, and the rules."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from sevensteps.cases.fraud.features import single
from sevensteps.cases.fraud.money import costs_of_actions
from sevensteps.cases.fraud.world import Action
from sevensteps.serve.requests import Strict

from .model import Pricing
from .store import CARD, DEVICE, SMALL, Event

Id = Annotated[int, Field(ge=0, le=2**31 - 1)]
Share = Annotated[float, Field(ge=0, le=1)]
Country = Annotated[str, Field(min_length=1, max_length=32)]


class PaymentRequest(Strict):
    """A payment that waits for its decision."""

    payment_id: Annotated[int, Field(ge=0, le=2**63 - 1)]
    paid_at: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="seconds since the world began")
    ]
    card_id: Id
    merchant_id: Id
    channel: Literal["chip", "contactless", "online"] | None
    amount: Annotated[float, Field(gt=0, le=1_000_000, description="euros")]
    country: Country | None
    device_id: Id | None = None
    ip_country: Country | None = None
    address_match: Share | None = None
    ip_risk: Share | None = None


def requests_of(payments: pa.Table) -> list[bytes]:
    """The bodies with which a table's payments are sent to the service, in its order.

    Columns that no request has are left out.
    """
    rows = payments.select([*PaymentRequest.model_fields]).to_pylist()
    made = (PaymentRequest.model_construct(**row) for row in rows)
    return [request.model_dump_json().encode() for request in made]


#: What midnight says of a merchant that it has never seen: no payment, no report.
UNSEEN = (0, single.NAN, single.RISK_PRIOR_FRAUDS / single.RISK_PRIOR_PAYMENTS, 0, 0)


class Fetched(NamedTuple):
    """What the store holds on a payment's keys, still packed."""

    card: bytes | None
    holder: bytes | None
    small: bytes | None
    merchant: bytes | None
    nightly: bytes | None
    device: bytes | None = None


def keys_of(payment: PaymentRequest) -> list[str]:
    """The keys to be fetched, in the order of `Fetched`."""
    card, merchant = payment.card_id, payment.merchant_id
    keys = [CARD.key(card), f"h:{card}", SMALL.key(merchant)]
    keys += [f"m:{merchant}", f"n:{merchant}"]
    return keys if payment.device_id is None else [*keys, DEVICE.key(payment.device_id)]


def holder_of(value: bytes | None) -> single.Cardholder | None:
    """The cardholder of a card; None if it was never issued."""
    return None if value is None else single.Cardholder(*json.loads(value))


def merchant_of(value: bytes | None) -> single.Merchant:
    """What is known of a merchant, which is nothing if it is new."""
    return single.Merchant(*json.loads(value or b"[]"))


def features_of(
    payment: PaymentRequest, fetched: Fetched, holder: single.Cardholder
) -> NDArray[np.float32]:
    """(f,) features in the order of `cases.fraud.features.FEATURES`; NaN is missing."""
    number = payment.payment_id
    times, _, *past = CARD.columns(fetched.card, number)
    seen, _, cards = DEVICE.columns(fetched.device, number)
    small, _ = SMALL.columns(fetched.small, number)
    cents, merchants, devices, abroad = past
    return single.feature_vector(
        single.card_features(payment, times, cents, abroad, merchants, devices),
        single.device_features(payment, seen, cards),
        single.merchant_features(payment, small),
        UNSEEN if fetched.nightly is None else json.loads(fetched.nightly),
        single.payment_features(payment, holder, merchant_of(fetched.merchant)),
    )


def events_of(payment: PaymentRequest, holder: single.Cardholder) -> Iterator[Event]:
    """What later payments must know of this one, whatever was decided."""
    at, card, merchant = payment.paid_at, payment.card_id, payment.merchant_id
    device = single.NO_DEVICE if payment.device_id is None else payment.device_id
    lead, cents = (at, payment.payment_id), single.cents_of(payment.amount)
    home, country = holder.country, payment.country
    abroad = None not in (home, country) and home != country
    yield Event(CARD, card, (*lead, cents, merchant, device, abroad))
    if device != single.NO_DEVICE:
        yield Event(DEVICE, device, (*lead, card))
    if cents < single.SMALL_CENTS:
        yield Event(SMALL, merchant, lead)


@dataclass(frozen=True, slots=True)
class Rules:
    """The fallback. It needs no store: the channel, euros, the vendor's score.

    A fallback is a policy and has a price. The fraud chapter measures this one beside
    the rule that stood before any model, which blocks, and costs more than no rule.
    """

    step_up_over: float = 100.0  # euros, online
    step_up_ip_risk: float = 0.7  # an unknown risk counts as a high one

    def doubt(
        self, online: ArrayLike, amount: ArrayLike, ip_risk: ArrayLike
    ) -> NDArray[np.bool_]:
        """Whether to ask for a proof, of one payment or of many.

        Parameters
        ----------
        online : (n,) bool         not at a terminal
        amount : (n,)              EUR
        ip_risk : (n,)             from 0 to 1; NaN if unknown
        """
        clean = np.asarray(ip_risk, np.float64) <= self.step_up_ip_risk  # NaN is not
        large = np.asarray(amount) > self.step_up_over
        doubtful: NDArray[np.bool_] = np.asarray(online) & large & ~clean
        return doubtful

    def decide(self, payment: PaymentRequest) -> tuple[Action, list[str]]:
        """The action, and the rules that asked for it."""
        ip_risk = np.nan if payment.ip_risk is None else payment.ip_risk
        if not self.doubt(payment.channel == "online", payment.amount, ip_risk):
            return Action.ALLOW, []
        risk = "unknown" if payment.ip_risk is None else f"{payment.ip_risk:g}"
        return Action.STEP_UP, [
            f"online over {self.step_up_over:g} EUR, ip_risk {risk}"
        ]


def act(p_fraud: float, amount: float, policy: Pricing) -> tuple[Action, list[str]]:
    """The cheapest action at a probability of fraud, and why if it is not to allow."""
    euros = costs_of_actions(p_fraud, amount, policy.costs).tolist()
    best = min(Action.ALLOW, Action.STEP_UP, Action.BLOCK, key=euros.__getitem__)
    if euros[best] - euros[Action.REVIEW] > policy.review_price:
        best = Action.REVIEW
    if best is Action.ALLOW:
        return best, []
    told = ", ".join(f"{a.name.lower()} {euros[a]:.2f}" for a in Action)
    return best, [f"expected cost in EUR: {told}"]
