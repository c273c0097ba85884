"""What the company's tables look like, and what only the world knows."""

from enum import IntEnum

import pyarrow as pa

EPOCH = "2025-01-01"  # paid_at counts seconds from this midnight, a Wednesday
DAY = 86_400
LAST_DAY = 2_000  # no world runs longer: instants and campaigns must fit 32 bits

COUNTRIES = ("AA", "BB", "CC", "DD", "EE", "FF", "GG", "HH", "II", "JJ", "KK", "LL")
CHANNELS = ("chip", "contactless", "online")
ACTIONS = ("allow", "step_up", "review", "block")
CATEGORIES = (
    "grocery",
    "fuel",
    "restaurant",
    "transit",
    "clothing",
    "pharmacy",
    "electronics",
    "travel",
    "digital",
    "gift_cards",
    "marketplace",
    "services",
)
METHODS = (
    "none",
    "lost_stolen",
    "breach",
    "card_testing",
    "takeover",
    "ring",
    "friendly",
    "new_method",
)
CHIP, CONTACTLESS, ONLINE = range(3)


class Action(IntEnum):
    """What a policy may do with a payment."""

    ALLOW = 0
    STEP_UP = 1
    REVIEW = 2
    BLOCK = 3


def _code() -> pa.DataType:
    return pa.dictionary(pa.int8(), pa.string())


PAYMENTS = pa.schema(
    [
        pa.field("payment_id", pa.int64(), nullable=False),
        pa.field("paid_at", pa.int32(), nullable=False),
        pa.field("cardholder_id", pa.int32(), nullable=False),
        pa.field("card_id", pa.int32(), nullable=False),
        pa.field("merchant_id", pa.int32(), nullable=False),
        pa.field("device_id", pa.int32()),
        pa.field("channel", _code(), nullable=False),
        pa.field("amount", pa.float32(), nullable=False),
        pa.field("country", _code(), nullable=False),
        pa.field("ip_country", _code()),
        pa.field("address_match", pa.float32()),
        pa.field("ip_risk", pa.float32()),
        pa.field("action", _code(), nullable=False),
    ]
)
CARDHOLDERS = pa.schema(
    [
        pa.field("cardholder_id", pa.int32(), nullable=False),
        pa.field("country", _code(), nullable=False),
        pa.field("home_x", pa.float32(), nullable=False),
        pa.field("home_y", pa.float32(), nullable=False),
        pa.field("opened_at", pa.int32(), nullable=False),
        pa.field("declared_income", pa.float32()),
    ]
)
CARDS = pa.schema(
    [
        pa.field("card_id", pa.int32(), nullable=False),
        pa.field("cardholder_id", pa.int32(), nullable=False),
    ]
)
MERCHANTS = pa.schema(
    [
        pa.field("merchant_id", pa.int32(), nullable=False),
        pa.field("category", _code(), nullable=False),
        pa.field("country", _code(), nullable=False),
        pa.field("x", pa.float32()),
        pa.field("y", pa.float32()),
        pa.field("is_online", pa.bool_(), nullable=False),
        pa.field("opened_at", pa.int32(), nullable=False),
    ]
)
CHARGEBACKS = pa.schema(
    [
        pa.field("payment_id", pa.int64(), nullable=False),
        pa.field("reported_at", pa.int32(), nullable=False),
    ]
)
TRUTH = pa.schema(
    [
        pa.field("payment_id", pa.int64(), nullable=False),
        pa.field("true_is_fraud", pa.bool_(), nullable=False),
        pa.field("true_method", _code(), nullable=False),
        pa.field("true_campaign", pa.int32(), nullable=False),
        pa.field("true_travelling", pa.bool_(), nullable=False),
        pa.field("true_new_device", pa.bool_(), nullable=False),
        pa.field("true_compromised", pa.bool_(), nullable=False),
    ]
)
LEDGER = pa.schema(
    [
        pa.field("payment_id", pa.int64(), nullable=False),
        pa.field("day", pa.int32(), nullable=False),
        pa.field("fraud_loss", pa.float32(), nullable=False),
        pa.field("chargeback_fee", pa.float32(), nullable=False),
        pa.field("review_cost", pa.float32(), nullable=False),
        pa.field("step_up_cost", pa.float32(), nullable=False),
        pa.field("insult_cost", pa.float32(), nullable=False),
        pa.field("margin", pa.float32(), nullable=False),
    ]
)
NAMES = {  # of each categorical column's codes
    "channel": CHANNELS,
    "country": COUNTRIES,
    "ip_country": COUNTRIES,
    "action": ACTIONS,
    "category": CATEGORIES,
    "true_method": METHODS,
}
SCHEMA = {
    "payments": PAYMENTS,
    "cardholders": CARDHOLDERS,
    "cards": CARDS,
    "merchants": MERCHANTS,
    "chargebacks": CHARGEBACKS,
}
