"""The features by name, and those of one payment from what a store holds.

These are the kernels that the service runs. An event counts when it lies in
`[now - w, now - 1]`: strictly before the payment, so two payments in the same
second never see each other. Money is in whole cents, so sums are exact in any
order and the same here, in `LiveFeatures` and in the offline pipeline. A key has a
few dozen events: over so few, plain Python is faster than NumPy.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

HOUR, DAY = 3_600, 86_400
WEEK, MONTH = 7 * DAY, 30 * DAY
SMALL_CENTS = 300  # a payment under three euros: what card testing looks like
NO_DEVICE = -1
RISK_PRIOR_FRAUDS, RISK_PRIOR_PAYMENTS = 0.1, 1_000.0  # one in 10,000, weakly held
RISK_DAYS = 90

CARD_FEATURES = (
    "card_n_1h",
    "card_n_24h",
    "card_n_7d",
    "card_n_30d",
    "card_sum_24h",
    "card_mean_30d",
    "amount_ratio",
    "card_secs_since_last",
    "card_foreign_7d",
    "card_merchant_30d",
    "card_device_30d",
)
STREAM_FEATURES = (*CARD_FEATURES, "device_others_7d", "merchant_small_1h")
NIGHTLY_FEATURES = (
    "merchant_n_7d",
    "merchant_mean_30d",
    "merchant_risk_90d",
    "merchant_reports_7d",
    "merchant_reports_30d",
)
REPORT_DAYS = {"merchant_reports_7d": 7, "merchant_reports_30d": 30}
PAYMENT_FEATURES = (
    "amount",
    "hour",
    "weekday",
    "is_online",
    "is_contactless",
    "category",
    "is_foreign",
    "distance_km",
    "ip_foreign",
    "address_match",
    "ip_risk",
    "device_missing",
    "account_age_days",
    "declared_income",
    "merchant_age_days",
)
FEATURES = STREAM_FEATURES + NIGHTLY_FEATURES + PAYMENT_FEATURES


NAN = float("nan")
MONDAY_OFFSET = 2  # second zero falls on a Wednesday
Channel = Literal["chip", "contactless", "online"]
Seconds = Sequence[int]  # ascending


class Payment(Protocol):
    """One payment as the service receives it; None is missing."""

    paid_at: int
    card_id: int
    merchant_id: int
    device_id: int | None
    amount: float
    country: str | None
    channel: Channel | None
    ip_country: str | None
    address_match: float | None
    ip_risk: float | None


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


def cents_of(amount: float) -> int:
    """The cents of a payment: of its 32-bit amount, halves upwards, as offline."""
    return math.floor(float(np.float32(amount)) * 100 + 0.5)


def card_features(
    payment: Payment,
    times: Seconds,
    cents: Sequence[int],
    foreign: Sequence[bool],
    merchants: Sequence[int],
    devices: Sequence[int],
) -> list[float]:
    """The `CARD_FEATURES`, from the payments of its card, thirty days of which suffice.

    `foreign` are those outside the cardholder's country; device -1 is none.
    """
    now = payment.paid_at
    end = bisect_left(times, now)
    day, week, month = (bisect_left(times, now - w) for w in (DAY, WEEK, MONTH))
    n_month, sum_month = end - month, sum(cents[month:end])
    of_device = NAN
    if payment.device_id is not None:
        of_device = devices[month:end].count(payment.device_id)
    return [
        end - bisect_left(times, now - HOUR),
        end - day,
        end - week,
        n_month,
        sum(cents[day:end]) / 100,
        sum_month / (100 * n_month) if n_month else NAN,
        cents_of(payment.amount) * n_month / sum_month if sum_month > 0 else NAN,
        now - times[end - 1] if n_month else NAN,
        sum(foreign[week:end]),
        merchants[month:end].count(payment.merchant_id),
        of_device,
    ]


def device_features(
    payment: Payment, times: Seconds, cards: Sequence[int]
) -> list[float]:
    """Payments by other cards on this device in the last seven days."""
    if payment.device_id is None:
        return [NAN]
    end, start = (bisect_left(times, payment.paid_at - w) for w in (0, WEEK))
    return [end - start - cards[start:end].count(payment.card_id)]


def merchant_features(payment: Payment, small_times: Seconds) -> list[float]:
    """Payments under three euros at this merchant in the last hour."""
    end, start = (bisect_left(small_times, payment.paid_at - w) for w in (0, HOUR))
    return [end - start]


def payment_features(
    payment: Payment, cardholder: Cardholder, merchant: Merchant
) -> list[float]:
    """The `PAYMENT_FEATURES`, for which no other payment is looked at."""
    online = None if payment.channel is None else payment.channel == "online"
    home = cardholder.country
    return [
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
    ]


def feature_vector(*parts: Sequence[float]) -> NDArray[np.float32]:
    """(33,) of card, device, merchant, its night and payment: as in `FEATURES`."""
    row = np.array([value for part in parts for value in part], np.float32)
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
