"""What the company's tables look like, and what only the world knows."""

from enum import IntEnum

import pyarrow as pa

from .kinds import CATEGORIES as CATEGORIES
from .kinds import METHODS

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
