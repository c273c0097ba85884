"""Kinds of merchants and theft, the company's tables, what only the world knows."""

from enum import IntEnum

import numpy as np
import pyarrow as pa

_CATEGORY = {  # share of merchants, share online, log-mean and log-sd of the amount
    "grocery": (0.16, 0.05, 3.2, 0.7),
    "fuel": (0.07, 0.00, 3.8, 0.4),
    "restaurant": (0.18, 0.10, 3.0, 0.7),
    "transit": (0.04, 0.30, 1.5, 0.7),
    "clothing": (0.14, 0.50, 3.9, 0.7),
    "pharmacy": (0.06, 0.10, 2.8, 0.7),
    "electronics": (0.08, 0.60, 4.6, 1.0),
    "travel": (0.05, 0.70, 5.2, 0.9),
    "digital": (0.06, 1.00, 2.1, 0.8),
    "gift_cards": (0.01, 1.00, 3.6, 0.6),
    "marketplace": (0.05, 1.00, 3.4, 1.0),
    "services": (0.10, 0.50, 3.7, 0.9),
}
CATEGORIES = tuple(_CATEGORY)
MERCHANT_SHARE, ONLINE_SHARE, LOG_MEAN, LOG_SD = np.array([*_CATEGORY.values()]).T
RESALE = ("electronics", "travel", "gift_cards", "marketplace")  # easily sold on

_METHOD = {
    # share of stolen payments; stolen payments per campaign, on average (a breach
    # scales with the world); declines after which a campaign ends; probability that
    # the victim reports; median days until then; share that a step-up stops
    "none": (0.00, 0.0, 0, 0.00, 25, 0.00),
    "lost_stolen": (0.18, 4.0, 2, 0.97, 6, 1.05),
    "breach": (0.25, np.nan, 2, 0.92, 18, 1.05),
    "card_testing": (0.17, 22.8, 6, 0.75, 20, 1.08),
    "takeover": (0.15, 2.5, 2, 0.93, 10, 0.60),
    "ring": (0.15, 24.0, 5, 0.85, 22, 0.90),
    "friendly": (0.10, 1.0, 9, 1.00, 30, 0.00),
    "new_method": (0.00, 9.0, 3, 0.90, 15, 0.90),
}
METHODS = tuple(_METHOD)
_SHARE, _EACH, PATIENCE, P_REPORT, DELAY_DAYS, STEP_UP_STOPS = np.array(
    [*_METHOD.values()]
).T
SHARE = dict(zip(METHODS, _SHARE.tolist(), strict=True))
EACH = dict(zip(METHODS, _EACH.tolist(), strict=True))
BREACH_DAYS = 20  # days' worth of that method in one breach
FRIENDLY = METHODS.index("friendly")

DAY = 86_400  # seconds; paid_at counts them from a midnight before a Wednesday
LAST_DAY = 2_000  # no world runs longer: instants and campaigns must fit 32 bits

COUNTRIES = ("AA", "BB", "CC", "DD", "EE", "FF", "GG", "HH", "II", "JJ", "KK", "LL")
CHANNELS = ("chip", "contactless", "online")
ACTIONS = ("allow", "step_up", "review", "block")
CHIP, CONTACTLESS, ONLINE = range(3)


class Action(IntEnum):
    """What a policy may do with a payment."""

    ALLOW = 0
    STEP_UP = 1
    REVIEW = 2
    BLOCK = 3


_KINDS = {
    "code": pa.dictionary(pa.int8(), pa.string()),
    "flag": pa.bool_(),
    "float": pa.float32(),
    "int": pa.int32(),
    "long": pa.int64(),
}


def _schema(columns: str) -> pa.Schema:
    """A schema from `name:kind` words; after a question mark gaps may occur."""
    named = (column.rstrip("?").split(":") for column in columns.split())
    gaps = (column.endswith("?") for column in columns.split())
    return pa.schema(
        pa.field(name, _KINDS[kind], nullable=gap)
        for (name, kind), gap in zip(named, gaps, strict=True)
    )


SCHEMA = {
    "payments": _schema(
        "payment_id:long paid_at:int cardholder_id:int card_id:int merchant_id:int "
        "device_id:int? channel:code amount:float country:code ip_country:code? "
        "address_match:float? ip_risk:float? action:code"
    ),
    "cardholders": _schema(
        "cardholder_id:int country:code home_x:float home_y:float opened_at:int "
        "declared_income:float?"
    ),
    "cards": _schema("card_id:int cardholder_id:int"),
    "merchants": _schema(
        "merchant_id:int category:code country:code x:float? y:float? is_online:flag "
        "opened_at:int"
    ),
    "chargebacks": _schema("payment_id:long reported_at:int"),
}
PAYMENTS = SCHEMA["payments"]
TRUTH = _schema(
    "payment_id:long true_is_fraud:flag true_method:code true_campaign:int "
    "true_travelling:flag true_new_device:flag true_compromised:flag"
)
LEDGER = _schema(
    "payment_id:long day:int fraud_loss:float chargeback_fee:float review_cost:float "
    "step_up_cost:float insult_cost:float margin:float"
)
NAMES = {  # of each categorical column's codes
    "channel": CHANNELS,
    "country": COUNTRIES,
    "ip_country": COUNTRIES,
    "action": ACTIONS,
    "category": CATEGORIES,
    "true_method": METHODS,
}
