"""Features of one payment that need no window: it, its cardholder, its merchant."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .names import DAY, FEATURES, PAYMENT_FEATURES

NAN = float("nan")
MONDAY_OFFSET = 2  # second zero falls on a Wednesday


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as the service receives it; None is missing."""

    paid_at: int
    amount: float
    country: str | None
    channel: str | None
    device_id: int | None = None
    ip_country: str | None = None
    address_match: float | None = None
    ip_risk: float | None = None


@dataclass(frozen=True, slots=True)
class Cardholder:
    """What the store keeps of a cardholder; km, seconds, euros."""

    country: str | None = None
    home_x: float | None = None
    home_y: float | None = None
    opened_at: int | None = None
    declared_income: float | None = None


@dataclass(frozen=True, slots=True)
class Merchant:
    """What the store keeps of a merchant; `category` is an index in `CATEGORIES`."""

    category: int | None = None
    x: float | None = None
    y: float | None = None
    opened_at: int | None = None


def payment_features(
    payment: Payment, cardholder: Cardholder, merchant: Merchant
) -> NDArray[np.float64]:
    """(15,) features of the payment itself, in the order of `PAYMENT_FEATURES`.

    Nothing here looks at another payment; NaN is missing.
    """
    online = None if payment.channel is None else payment.channel == "online"
    home = cardholder.country
    values = (
        payment.amount,
        payment.paid_at % DAY // 3_600,
        (payment.paid_at // DAY + MONDAY_OFFSET) % 7,
        _number(online),
        _number(None if online is None else payment.channel == "contactless"),
        _number(merchant.category),
        _differs(payment.country, home),
        NAN if online else _distance(cardholder, merchant),
        _differs(payment.ip_country, home),
        _number(payment.address_match),
        _number(payment.ip_risk),
        float(payment.device_id is None) if online else NAN,
        _age_days(payment.paid_at, cardholder.opened_at),
        _number(cardholder.declared_income),
        _age_days(payment.paid_at, merchant.opened_at),
    )
    assert len(values) == len(PAYMENT_FEATURES)
    return np.array(values, np.float64)


def feature_vector(
    stream: NDArray[np.float64],
    nightly: NDArray[np.float64],
    payment: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Join the three parts to one float32 row in the order of `FEATURES`."""
    row = np.concatenate([stream, nightly, payment]).astype(np.float32)
    if len(row) != len(FEATURES):
        raise ValueError(f"expected {len(FEATURES)} features, got {len(row)}")
    return row


def _number(value: float | None) -> float:
    return NAN if value is None else float(value)


def _differs(left: str | None, right: str | None) -> float:
    return NAN if left is None or right is None else float(left != right)


def _age_days(now: int, since: int | None) -> float:
    return NAN if since is None else (now - since) / DAY


def _distance(cardholder: Cardholder, merchant: Merchant) -> float:
    ends = (cardholder.home_x, cardholder.home_y, merchant.x, merchant.y)
    x, y, to_x, to_y = (_number(v) for v in ends)
    return math.sqrt((to_x - x) ** 2 + (to_y - y) ** 2)
