"""Features of one payment from the online store: the same kernels as offline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.cases.fraud.features.names import (
    NIGHTLY_FEATURES,
    NO_DEVICE,
    RISK_PRIOR_FRAUDS,
    RISK_PRIOR_PAYMENTS,
    SMALL_CENTS,
)
from sevensteps.cases.fraud.features.single import (
    Cardholder,
    Payment,
    feature_vector,
    payment_features,
)
from sevensteps.cases.fraud.features.windows import (
    card_features,
    device_features,
    merchant_features,
    stream_features,
    to_cents,
)

from .records import (
    CARD,
    CARD_EVENT,
    DEVICE,
    DEVICE_EVENT,
    SMALL,
    SMALL_EVENT,
    Event,
    events,
    unpack_holder,
    unpack_merchant,
    unpack_nightly,
)
from .requests import PaymentRequest

#: What midnight says of a merchant that it has never seen: no payment, no report.
UNSEEN = np.zeros(len(NIGHTLY_FEATURES))
UNSEEN[NIGHTLY_FEATURES.index("merchant_mean_30d")] = np.nan
UNSEEN[NIGHTLY_FEATURES.index("merchant_risk_90d")] = (
    RISK_PRIOR_FRAUDS / RISK_PRIOR_PAYMENTS
)


class UnknownCard(LookupError):
    """The store has no holder for this card."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the store holds on a payment's keys, still packed."""

    card: bytes | None
    holder: bytes | None
    small: bytes | None
    merchant: bytes | None
    nightly: bytes | None
    device: bytes | None = None


def keys_of(payment: PaymentRequest) -> list[str]:
    """The keys to be fetched, in the order of `Fetched`: one round trip."""
    card, merchant = payment.card_id, payment.merchant_id
    keys = [CARD.key(card), f"h:{card}", SMALL.key(merchant)]
    keys += [f"m:{merchant}", f"n:{merchant}"]
    return keys if payment.device_id is None else [*keys, DEVICE.key(payment.device_id)]


def holder_of(fetched: Fetched, countries: Sequence[str]) -> Cardholder:
    """The cardholder of the payment's card.

    Raises
    ------
    UnknownCard
        if the card was never issued
    """
    if fetched.holder is None:
        raise UnknownCard
    return unpack_holder(fetched.holder, countries)


def features_of(
    payment: PaymentRequest, fetched: Fetched, holder: Cardholder
) -> NDArray[np.float32]:
    """(f,) features in the order of `cases.fraud.features.FEATURES`; NaN is missing."""
    nightly = UNSEEN if fetched.nightly is None else unpack_nightly(fetched.nightly)
    known = unpack_merchant(fetched.merchant)
    own = payment_features(_plain(payment), holder, known)
    return feature_vector(_windows(payment, fetched), nightly, own)


def events_of(payment: PaymentRequest, holder: Cardholder) -> list[Event]:
    """What later payments must know of this one, whatever was decided."""
    at, number = payment.paid_at, payment.payment_id
    cents = _cents(payment)
    device = NO_DEVICE if payment.device_id is None else payment.device_id
    home, abroad = holder.country, payment.country
    foreign = None not in (home, abroad) and home != abroad
    row = (at, number, cents, payment.merchant_id, device, foreign)
    found = [Event(CARD, payment.card_id, at, np.array(row, CARD_EVENT).tobytes())]
    if device != NO_DEVICE:
        record = np.array((at, number, payment.card_id), DEVICE_EVENT).tobytes()
        found.append(Event(DEVICE, device, at, record))
    if cents < SMALL_CENTS:
        record = np.array((at, number), SMALL_EVENT).tobytes()
        found.append(Event(SMALL, payment.merchant_id, at, record))
    return found


def _windows(payment: PaymentRequest, fetched: Fetched) -> NDArray[np.float64]:
    now, number, device_id = payment.paid_at, payment.payment_id, payment.device_id
    past = events(fetched.card, CARD, number)
    card = card_features(
        past["paid_at"],
        past["cents"],
        past["foreign"],
        past["merchant_id"],
        past["device_id"],
        now=now,
        amount_cents=_cents(payment),
        merchant_id=payment.merchant_id,
        device_id=NO_DEVICE if device_id is None else device_id,
    )
    device = None
    if device_id is not None:
        seen = events(fetched.device, DEVICE, number)
        device = device_features(
            seen["paid_at"], seen["card_id"], now=now, card_id=payment.card_id
        )
    small = events(fetched.small, SMALL, number)
    return stream_features(card, device, merchant_features(small["paid_at"], now=now))


def _cents(payment: PaymentRequest) -> int:
    return int(to_cents(np.float32(payment.amount)))


def _plain(payment: PaymentRequest) -> Payment:
    return Payment(
        paid_at=payment.paid_at,
        amount=payment.amount,
        country=payment.country,
        channel=payment.channel,
        device_id=payment.device_id,
        ip_country=payment.ip_country,
        address_match=payment.address_match,
        ip_risk=payment.ip_risk,
    )
