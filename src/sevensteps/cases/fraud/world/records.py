"""The records that pass between the world, the company and the reader."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import Evening, Incident
from sevensteps.world.arrays import codes_or_values

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
