"""The company's tables, what only the world knows, and what passes between them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import Evening, Incident
from sevensteps.world.arrays import codes_or_values

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


KINDS = ("stale_feed", "unit_change", "new_method", "breach", "holiday")
MOST_A_DAY = 2_000_000  # a day's numbers must fit their bits of a payment's id


@dataclass(frozen=True, slots=True)
class PaymentsSize:
    """How large a world is; `days` is the history's default length."""

    n_cardholders: int
    n_merchants: int
    days: int
    payments_a_day: float = 1.11  # mean per cardholder

    def __post_init__(self) -> None:
        if self.n_cardholders < 200 or self.n_merchants < 100 or self.days < 1:
            raise ValueError(
                "a payments world needs at least 200 cardholders, 100 merchants "
                f"and 1 day; got {self}"
            )
        if not 0 < self.n_cardholders * self.payments_a_day <= MOST_A_DAY:
            raise ValueError(
                f"a day has more than 0 and at most {MOST_A_DAY:,} payments; got {self}"
            )


@dataclass(frozen=True, slots=True)
class Costs:
    """Euros and probabilities behind the decision; a chapter may change them.

    The world draws the behaviour (who abandons, who leaves) from the same
    numbers, so a policy that plans with other numbers plans wrongly.
    """

    fraud_loss_share: float = 1.0  # of the amount, borne by the company
    chargeback_fee: float = 25.0
    review_cost: float = 4.0  # one analyst's look
    review_catches: float = 0.95  # of frauds that an analyst sees
    review_insults: float = 0.02  # of honest payments that an analyst stops
    step_up_cost: float = 0.05  # one text message
    step_up_abandon: float = 0.04  # honest customers who give up
    step_up_stops: float = 0.90  # of frauds; the method moves it
    margin_rate: float = 0.012  # earned on an approved payment
    insult_churn: float = 0.03  # honest, blocked, leaves for good
    customer_value: float = 200.0  # lost with a customer who leaves

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            share = name.endswith(("catches", "insults", "abandon", "stops", "churn"))
            if not (0 <= value < np.inf) or (share and value > 1):
                raise ValueError(
                    f"Costs.{name} must be >= 0{' and <= 1' * share}; got {value}"
                )


@dataclass(frozen=True, slots=True)
class PaymentsIncident(Incident):
    """A known cause at a known time. `size` scales it; 1.0 is the usual one."""

    days: int = 30

    KINDS = KINDS


@dataclass(frozen=True, slots=True)
class PaymentsHistory:
    """What the company's warehouse holds: no `true_` column.

    `chargebacks` has every report that these payments will ever bring, in no order,
    also those after the last day: who decides at an instant t must first keep
    `reported_at <= t`. (`live` does so for the policy.)
    """

    payments: pa.Table
    cardholders: pa.Table
    cards: pa.Table
    merchants: pa.Table
    chargebacks: pa.Table
    days: int

    def column(self, name: str) -> NDArray[Any]:
        """One column of `payments` as NumPy (codes, for a categorical one)."""
        return codes_or_values(self.payments[name])


@dataclass(frozen=True, slots=True)
class PaymentsView:
    """What a policy may look at besides today's payments."""

    day: int
    history: PaymentsHistory
    new_chargebacks: pa.Table  # reported since the last call, with their payment_id
    review_capacity: int


Policy = Callable[[pa.Table, PaymentsView], NDArray[np.int8]]


@dataclass(frozen=True, slots=True)
class PaymentsOutcome:
    """What happened under a policy, and what each payment cost or earned."""

    payments: pa.Table
    truth: pa.Table
    chargebacks: pa.Table
    ledger: pa.Table
    caution: pd.DataFrame = field(repr=False)  # thieves' caution by day and method
    evening: Evening[Any] = field(repr=False)  # for `live(..., after=outcome)`

    def daily(self) -> pd.DataFrame:
        """Euros by day: each cost, the margin, and `net` = margin - costs."""
        frame: pd.DataFrame = self.ledger.drop(["payment_id"]).to_pandas()
        days = frame.astype("float64").groupby("day").sum()
        days.index = days.index.astype(int)
        days["net"] = 2 * days["margin"] - days.sum(axis=1)
        return days
