"""What the company knows of each merchant at midnight, labels late as they are."""

import itertools
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History

from .coded import to_cents
from .names import (
    DAY,
    NIGHTLY_FEATURES,
    REPORT_DAYS,
    RISK_DAYS,
    RISK_PRIOR_FRAUDS,
    RISK_PRIOR_PAYMENTS,
)

Labels = Literal["as_known", "leaking"]
LABELS: tuple[Labels, ...] = ("as_known", "leaking")


@dataclass(frozen=True, slots=True)
class _Day:
    """One day's payments: counts and cents by merchant, and who paid where."""

    n: NDArray[np.int64]
    cents: NDArray[np.int64]
    payment_id: NDArray[np.int64]  # sorted
    merchant: NDArray[np.int64]  # of those payments


@dataclass
class MerchantDays:
    """Ninety days of merchants' trade and of the chargebacks reported on it."""

    n_merchants: int
    days: dict[int, _Day] = field(default_factory=dict)
    #: Payment to merchant, day of the payment and day of the report.
    reports: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    #: Payment to second of the report, until the payment is known.
    waiting: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, history: History, day: int) -> "MerchantDays":
        """What a history holds at the midnight that begins `day`."""
        trade = cls(history.merchants.num_rows)
        paid_at = history.payments["paid_at"].to_numpy()
        midnights = np.arange(max(0, day - RISK_DAYS), day + 1) * DAY
        bounds = np.searchsorted(paid_at, midnights)
        for start, end in itertools.pairwise(bounds):
            if end > start:
                trade.add(history.payments.slice(start, end - start))
        trade.report(history.chargebacks)
        return trade

    def add(self, payments: pa.Table) -> None:
        """Add the payments of one day, and forget those older than ninety."""
        merchant = payments["merchant_id"].to_numpy().astype(np.int64)
        cents = to_cents(payments["amount"].to_numpy())
        ids = payments["payment_id"].to_numpy()
        order = np.argsort(ids)
        day = int(payments["paid_at"][0].as_py()) // DAY
        self.days[day] = _Day(
            np.bincount(merchant, minlength=self.n_merchants),
            np.bincount(merchant, cents, self.n_merchants).astype(np.int64),
            ids[order],
            merchant[order],
        )
        self.days = {d: v for d, v in self.days.items() if d >= day - RISK_DAYS}
        self._place()

    def report(self, chargebacks: pa.Table) -> None:
        """Note chargebacks; one that is told twice counts once."""
        columns = (chargebacks[n].to_pylist() for n in ("payment_id", "reported_at"))
        for payment_id, reported_at in zip(*columns, strict=True):
            if payment_id not in self.reports:
                self.waiting.setdefault(payment_id, reported_at)
        self._place()

    def _place(self) -> None:
        """Find the merchant and day of each chargeback that waits for its payment."""
        wanted = np.array(list(self.waiting), np.int64)
        for day, trade in self.days.items() if len(wanted) else ():
            at = np.searchsorted(trade.payment_id, wanted)
            at = np.minimum(at, len(trade.payment_id) - 1)
            hit = trade.payment_id[at] == wanted
            found = zip(wanted[hit].tolist(), trade.merchant[at[hit]], strict=True)
            for payment_id, merchant in found:
                told = self.waiting.pop(payment_id)
                self.reports[payment_id] = (int(merchant), day, told // DAY)
            wanted = wanted[~hit]

    def features(self, day: int) -> NDArray[np.float64]:
        """(n_merchants, 5) `NIGHTLY_FEATURES` at the midnight that begins `day`."""
        n_month, cents = self._trade(day, 30)
        n_week, n_risk = (self._trade(day, length)[0] for length in (7, RISK_DAYS))
        frauds = self._reported(day, RISK_DAYS)
        recent = [self._reported(day, days) for days in REPORT_DAYS.values()]
        with np.errstate(invalid="ignore"):
            mean = cents / (100 * n_month)
        risk = (frauds + RISK_PRIOR_FRAUDS) / (n_risk + RISK_PRIOR_PAYMENTS)
        return np.column_stack([n_week, mean, risk, *recent])

    def _reported(self, day: int, length: int) -> NDArray[np.int64]:
        """(n_merchants,) reports of the last days on payments of the last ninety."""
        known = [
            merchant
            for merchant, paid, told in self.reports.values()
            if day - RISK_DAYS <= paid < day and day - length <= told < day
        ]
        return np.bincount(np.array(known, np.int64), minlength=self.n_merchants)

    def _trade(self, day: int, length: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """(n_merchants,) payments and cents of the last days."""
        recent = [self.days[d] for d in range(day - length, day) if d in self.days]
        zero = np.zeros(self.n_merchants, np.int64)
        n = np.sum([zero, *(d.n for d in recent)], axis=0)
        return n, np.sum([zero, *(d.cents for d in recent)], axis=0)


def nightly_merchants(history: History, day: int) -> pa.Table:
    """The nightly features of all merchants, to be loaded into an online store.

    They stand from the midnight that begins `day`. Only chargebacks reported before it
    count: those of recent frauds have mostly not arrived, and a feature that saw them
    would not exist in life.

    Returns
    -------
    Table                     merchant_id int32, then `NIGHTLY_FEATURES` float64
                              (NaN: no payment in 30 days)
    """
    values = MerchantDays.of(history, day).features(day)
    columns = {"merchant_id": np.arange(len(values), dtype=np.int32)}
    return pa.table(columns | dict(zip(NIGHTLY_FEATURES, values.T, strict=True)))
