"""The records that pass between the world, the company and the reader."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .schema import DAY

Kind = Literal["stale_feed", "unit_change", "new_method", "breach", "holiday"]
KINDS: tuple[Kind, ...] = (
    "stale_feed",
    "unit_change",
    "new_method",
    "breach",
    "holiday",
)


MOST_A_DAY = 2_000_000  # a day's numbers must fit their bits of a payment's id


@dataclass(frozen=True, slots=True)
class Size:
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


SCALES = {
    "smoke": Size(n_cardholders=2_000, n_merchants=600, days=60),
    "book": Size(n_cardholders=50_500, n_merchants=8_000, days=180),
    "full": Size(n_cardholders=505_000, n_merchants=60_000, days=180),
}


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
class Incident:
    """A known cause at a known time. `size` scales it; 1.0 is the usual one."""

    kind: Kind
    start_day: int
    days: int = 30
    size: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown incident {self.kind!r}; choose from {KINDS}")
        if self.start_day < 0 or self.days < 1 or not 0 < self.size < np.inf:
            raise ValueError(
                "an incident needs start_day >= 0, days >= 1 and a finite size > 0; "
                f"got {self}"
            )

    def on(self, day: int) -> bool:
        """Whether the incident is under way on `day`."""
        return self.start_day <= day < self.start_day + self.days


@dataclass(frozen=True, slots=True)
class History:
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
class View:
    """What a policy may look at besides today's payments."""

    day: int
    history: History
    new_chargebacks: pa.Table  # reported since the last call, with their payment_id
    review_capacity: int


Policy = Callable[[pa.Table, View], NDArray[np.int8]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened under a policy, and what each payment cost or earned."""

    payments: pa.Table
    truth: pa.Table
    chargebacks: pa.Table
    ledger: pa.Table
    caution: pd.DataFrame = field(repr=False)  # thieves' caution by day and method

    def daily(self) -> pd.DataFrame:
        """Euros by day: each cost, the margin, and `net` = margin - costs."""
        frame: pd.DataFrame = self.ledger.drop(["payment_id"]).to_pandas()
        days = frame.astype("float64").groupby("day").sum()
        days.index = days.index.astype(int)
        days["net"] = 2 * days["margin"] - days.sum(axis=1)
        return days

    def net(self) -> float:
        """Margin less all costs over the whole outcome, in euros."""
        return float(self.daily()["net"].sum())


def codes_or_values(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column as one NumPy array; dictionary columns as int8 codes, null -1."""
    if pa.types.is_dictionary(column.type):
        parts = [
            pc.fill_null(c.indices, -1).to_numpy(zero_copy_only=False)
            for c in column.chunks
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.int8)
    if column.null_count and pa.types.is_integer(column.type):
        column = pc.fill_null(column, -1)
    return column.to_numpy()


def day_of(paid_at: NDArray[np.int32]) -> NDArray[np.int32]:
    """The day of each instant."""
    return (paid_at // DAY).astype(np.int32)
