"""The tables of a reader's own payments: what must be there, and what may."""

from sevensteps.cases.fraud.world.schema import ACTIONS, CATEGORIES, CHANNELS
from sevensteps.data import Column, DataSchema

MOST_DELAY_DAYS = 2_000  # from a payment to its report; instants fit 32 bits
_KEY = Column("id", required=True, unique=True)
_ID = Column("id", required=True)
_SHARE = Column("number", low=0, high=1)
_COUNTRY = Column("category")
_KM = Column("number", low=-1e6, high=1e6)
_TIME = Column("time")

SCHEMA = DataSchema(
    main="payments",
    clock="paid_at",
    tables={
        "payments": {
            "payment_id": _KEY,
            "paid_at": Column("time", required=True),
            "card_id": _ID,
            "merchant_id": _ID,
            "amount": Column("number", required=True, low=0, high=1e8),
            "cardholder_id": Column("id", complete=True),
            "device_id": Column("id"),
            "channel": Column("category", choices=CHANNELS),
            "country": _COUNTRY,
            "ip_country": _COUNTRY,
            "address_match": _SHARE,
            "ip_risk": _SHARE,
            "action": Column("category", choices=ACTIONS),
            "is_fraud": Column("flag", complete=True),
            "reported_at": _TIME,
        },
        "cardholders": {
            "cardholder_id": _KEY,
            "country": _COUNTRY,
            "home_x": _KM,
            "home_y": _KM,
            "opened_at": _TIME,
            "declared_income": Column("number", low=0),
        },
        "cards": {"card_id": _KEY, "cardholder_id": _ID},
        "merchants": {
            "merchant_id": _KEY,
            "category": Column("category", choices=CATEGORIES),
            "country": _COUNTRY,
            "x": _KM,
            "y": _KM,
            "is_online": Column("flag"),
            "opened_at": _TIME,
        },
        "chargebacks": {
            "payment_id": _KEY,
            "reported_at": Column("time", required=True),
        },
    },
    settings={"labels": {"delay_days": (0, MOST_DELAY_DAYS)}},
)
