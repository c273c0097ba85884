"""What the company knows of each merchant at midnight: windows over days.

Two streams of events meet: a day's trade, and the chargebacks reported on it, late as
they are.
"""

from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History

from .single import (
    DAY,
    NIGHTLY_FEATURES,
    REPORT_DAYS,
    RISK_DAYS,
    RISK_PRIOR_FRAUDS,
    RISK_PRIOR_PAYMENTS,
)
from .windows import EventStream, Ints, Windows, pair, to_cents

Labels = Literal["as_known", "leaking"]
LABELS: tuple[Labels, ...] = ("as_known", "leaking")
EVER = 2**31  # a window that holds all that was


def trade_by_day(payments: pa.Table) -> EventStream:
    """Payments and cents of each merchant and day."""
    merchant = payments["merchant_id"].to_numpy().astype(np.int64)
    days = pair(merchant, payments["paid_at"].to_numpy() // DAY)
    each, at, n = np.unique(days, return_inverse=True, return_counts=True)
    cents = np.bincount(at, to_cents(payments["amount"].to_numpy()), len(each))
    return EventStream.of(each >> 32, each & (2**32 - 1), [n, cents])


def reports_by_day(
    payments: pa.Table, chargebacks: pa.Table, labels: Labels = "as_known"
) -> list[EventStream]:
    """Changes of merchants' counts of reports: of ninety days, of a week, of a month.

    A chargeback counts from the day after it was *reported* until the window ends or
    its payment is ninety days old. `leaking` counts it from the day after the
    *payment*, as if the customer had complained at once: the mistake of joining today's
    labels to yesterday's rows. One that is told twice counts once.
    """
    at = pc.index_in(payments["payment_id"], value_set=chargebacks["payment_id"])
    reported = payments.filter(pc.is_valid(at))
    merchant, paid = (reported[n].to_numpy() for n in ("merchant_id", "paid_at"))
    paid = paid // DAY
    told = chargebacks["reported_at"].take(at.drop_null()).to_numpy() // DAY
    told = paid if labels == "leaking" else told
    fresh = told < paid + RISK_DAYS
    merchant, paid, told = merchant[fresh], paid[fresh], told[fresh]
    change, streams = np.repeat([1, -1], len(told)), []
    for days in (RISK_DAYS, *REPORT_DAYS.values()):
        lapsed = np.minimum(told + days, paid + RISK_DAYS)
        events = np.r_[merchant, merchant], np.r_[told, lapsed]
        streams.append(EventStream.of(*events, [change]))
    return streams


def nightly_columns(
    trade: EventStream, reports: list[EventStream], merchant: Ints, day: Ints
) -> dict[str, NDArray[np.float64]]:
    """`NIGHTLY_FEATURES` of merchants at the midnights that begin some days."""
    sold = Windows([trade], merchant, day)
    frauds, *recent = (Windows([s], merchant, day).sums(EVER, 0) for s in reports)
    n_month, n_risk = sold.sums(30, 0), sold.sums(RISK_DAYS, 0)
    with np.errstate(invalid="ignore"):
        mean = np.where(n_month > 0, sold.sums(30, 1) / (100 * n_month), np.nan)
    risk = (frauds + RISK_PRIOR_FRAUDS) / (n_risk + RISK_PRIOR_PAYMENTS)
    values = [sold.sums(7, 0), mean, risk, *recent]
    return dict(zip(NIGHTLY_FEATURES, np.array(values, np.float64), strict=True))


def nightly_features(
    history: History, merchant: Ints, day: Ints, labels: Labels = "as_known"
) -> dict[str, NDArray[np.float64]]:
    """`NIGHTLY_FEATURES` of a history's merchants at some midnights."""
    reports = reports_by_day(history.payments, history.chargebacks, labels)
    return nightly_columns(trade_by_day(history.payments), reports, merchant, day)


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
    merchant = np.arange(history.merchants.num_rows, dtype=np.int32)
    values = nightly_features(history, merchant, np.full(len(merchant), day))
    return pa.table({"merchant_id": merchant} | values)
