"""Features of one payment from the online store: the same kernels as offline."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sevensteps.cases.fraud.features.names import (
    NO_DEVICE,
    RISK_PRIOR_FRAUDS,
    RISK_PRIOR_PAYMENTS,
    SMALL_CENTS,
)
from sevensteps.cases.fraud.features.single import (
    NAN,
    Cardholder,
    Merchant,
    card_features,
    cents_of,
    device_features,
    feature_vector,
    merchant_features,
    payment_features,
)

from .records import CARD, DEVICE, SMALL, Event
from .requests import PaymentRequest

#: What midnight says of a merchant that it has never seen: no payment, no report.
UNSEEN = (0, NAN, RISK_PRIOR_FRAUDS / RISK_PRIOR_PAYMENTS, 0, 0)


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


def holder_of(value: bytes | None) -> Cardholder | None:
    """The cardholder of a card; None if it was never issued."""
    return None if value is None else Cardholder(*json.loads(value))


def merchant_of(value: bytes | None) -> Merchant:
    """What is known of a merchant, which is nothing if it is new."""
    return Merchant(*json.loads(value or b"[]"))


def features_of(
    payment: PaymentRequest, fetched: Fetched, holder: Cardholder
) -> NDArray[np.float32]:
    """(f,) features in the order of `cases.fraud.features.FEATURES`; NaN is missing."""
    number = payment.payment_id
    times, _, *past = CARD.columns(fetched.card, number)
    seen, _, cards = DEVICE.columns(fetched.device, number)
    small, _ = SMALL.columns(fetched.small, number)
    cents, merchants, devices, abroad = past
    return feature_vector(
        card_features(payment, times, cents, abroad, merchants, devices),
        device_features(payment, seen, cards),
        merchant_features(payment, small),
        UNSEEN if fetched.nightly is None else json.loads(fetched.nightly),
        payment_features(payment, holder, merchant_of(fetched.merchant)),
    )


def events_of(payment: PaymentRequest, holder: Cardholder) -> Iterator[Event]:
    """What later payments must know of this one, whatever was decided."""
    at, card, merchant = payment.paid_at, payment.card_id, payment.merchant_id
    device = NO_DEVICE if payment.device_id is None else payment.device_id
    lead, cents = (at, payment.payment_id), cents_of(payment.amount)
    home, country = holder.country, payment.country
    abroad = None not in (home, country) and home != country
    yield Event(CARD, card, (*lead, cents, merchant, device, abroad))
    if device != NO_DEVICE:
        yield Event(DEVICE, device, (*lead, card))
    if cents < SMALL_CENTS:
        yield Event(SMALL, merchant, lead)
