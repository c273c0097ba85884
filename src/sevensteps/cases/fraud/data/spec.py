"""The tables of a reader's own payments: what must be there, and what may."""

import pandera.pandas as pa

from sevensteps.cases.fraud.world.schema import ACTIONS, CATEGORIES, CHANNELS
from sevensteps.data.checks import TableSpec, finite, key, one_of, within

REQUIRED = {
    "payments": ("payment_id", "paid_at", "card_id", "merchant_id", "amount"),
    "cardholders": ("cardholder_id",),
    "cards": ("card_id", "cardholder_id"),
    "merchants": ("merchant_id",),
    "chargebacks": ("payment_id", "reported_at"),
}
OPTIONAL = {
    "payments": (
        "cardholder_id",
        "device_id",
        "channel",
        "country",
        "ip_country",
        "address_match",
        "ip_risk",
        "action",
        "is_fraud",
        "reported_at",
    ),
    "cardholders": ("country", "home_x", "home_y", "opened_at", "declared_income"),
    "cards": (),
    "merchants": ("category", "country", "x", "y", "is_online", "opened_at"),
    "chargebacks": (),
}
NUMBERS = frozenset(
    [
        *("amount", "address_match", "ip_risk", "declared_income"),
        *("home_x", "home_y", "x", "y"),
    ]
)
TIMES = frozenset(["paid_at", "reported_at", "opened_at"])
FLAGS = frozenset(("is_fraud", "is_online"))


SCHEMAS = {
    "payments": pa.DataFrameSchema(
        {
            "payment_id": key(unique=True),
            "paid_at": pa.Column(nullable=False),
            "card_id": key(),
            "merchant_id": key(),
            "amount": finite(nullable=False, positive=True),
            "channel": one_of(CHANNELS),
            "action": one_of(ACTIONS),
            "address_match": within(0, 1),
            "ip_risk": within(0, 1),
        }
    ),
    "cardholders": pa.DataFrameSchema(
        {
            "cardholder_id": key(unique=True),
            "home_x": finite(),
            "home_y": finite(),
            "declared_income": finite(positive=True),
        }
    ),
    "cards": pa.DataFrameSchema({"card_id": key(unique=True), "cardholder_id": key()}),
    "merchants": pa.DataFrameSchema(
        {
            "merchant_id": key(unique=True),
            "category": one_of(CATEGORIES),
            "x": finite(),
            "y": finite(),
        }
    ),
    "chargebacks": pa.DataFrameSchema(
        {"payment_id": key(unique=True), "reported_at": pa.Column(nullable=False)}
    ),
}
PAYMENTS = TableSpec(
    main="payments",
    required=REQUIRED,
    optional=OPTIONAL,
    numbers=NUMBERS,
    times=TIMES,
    flags=FLAGS,
    schemas=SCHEMAS,
    extra={"labels": frozenset(["delay_days"])},
)
