"""Merchants at midnight, and the features of today's payments, a day at a time."""

import itertools
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History

from .single import (
    DAY,
    FEATURES,
    HOUR,
    MONTH,
    NIGHTLY_FEATURES,
    NO_DEVICE,
    REPORT_DAYS,
    RISK_DAYS,
    RISK_PRIOR_FRAUDS,
    RISK_PRIOR_PAYMENTS,
    SMALL_CENTS,
    WEEK,
)
from .windows import (
    Coded,
    EventStream,
    Facts,
    Ints,
    Windows,
    code,
    payment_columns,
    to_cents,
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


CENTS, ABROAD = 0, 1  # rows of the card stream's quantities


class LiveFeatures:
    """Features of the days after a history, each day from all before it.

    A policy calls `step` once a day. Equal, row by row, to what `offline` computes
    later.

    Of the history, payments are sorted by time; chargebacks may wait for theirs.

    >>> from sevensteps.cases.fraud.world import PaymentsWorld
    >>> world = PaymentsWorld(scale="smoke", seed=7)
    >>> past, all_of_it = world.history(days=2), world.history(days=3)
    >>> live = LiveFeatures(past)
    >>> live.transform(all_of_it.payments.slice(past.payments.num_rows)).shape[1]
    33
    """

    def __init__(self, history: History) -> None:
        self._facts = Facts.of(history)
        self._day = history.days
        self._merchants = MerchantDays.of(history, history.days)
        paid_at = history.payments["paid_at"].to_numpy()
        start = int(np.searchsorted(paid_at, history.days * DAY - MONTH))
        self._past = _streams(code(history.payments.slice(start), self._facts))

    def step(self, batch: pa.Table, new_chargebacks: pa.Table) -> NDArray[np.float32]:
        """Features of a day's payments, all of which are then remembered.

        `new_chargebacks` (payment_id, reported_at) came in since the last day.
        """
        self._merchants.report(new_chargebacks)
        features = self.transform(batch)
        if batch.num_rows:
            self._observe(batch)
        return features

    def transform(self, batch: pa.Table) -> NDArray[np.float32]:
        """(n, F) features of one day's payments, in their order; changes nothing.

        Raises
        ------
        ValueError            if the payments span several days, or a day that
                              was observed already
        """
        if not batch.num_rows:
            return np.empty((0, len(FEATURES)), np.float32)
        day = self._day_of(batch)
        coded = code(batch, self._facts)
        columns = _stream_columns(self._past, _streams(coded), coded)
        nightly = self._merchants.features(day)[coded.merchant]
        columns |= dict(zip(NIGHTLY_FEATURES, nightly.T, strict=True))
        columns |= payment_columns(batch, self._facts)
        return np.column_stack([columns[n].astype(np.float32) for n in FEATURES])

    def _observe(self, batch: pa.Table) -> None:
        """Remember a day's payments, whatever was decided."""
        self._day = self._day_of(batch) + 1
        today = _streams(code(batch, self._facts))
        self._past = {
            name: past.merged(today[name], since=self._day * DAY - KEPT[name])
            for name, past in self._past.items()
        }
        self._merchants.add(batch)

    def _day_of(self, batch: pa.Table) -> int:
        """The one day of a batch."""
        days = np.unique(batch["paid_at"].to_numpy() // DAY)
        if len(days) > 1:
            raise ValueError(
                f"a batch must hold one day, got days {days[0]} to {days[-1]}: "
                "split it at midnight"
            )
        if days[0] < self._day:
            raise ValueError(
                f"day {days[0]} is over: the next to come is day {self._day}. "
                "Start a new LiveFeatures from a shorter history"
            )
        return int(days[0])


KEPT = {
    "card": MONTH,
    "card_merchant": MONTH,
    "card_device": MONTH,
    "device": WEEK,
    "small": HOUR,
}


def _pair(left: Ints, right: Ints) -> Ints:
    """One key out of two ids of at most 31 bits."""
    return (left << 32) | right


def _streams(c: Coded) -> dict[str, EventStream]:
    """The five event streams of some payments."""
    seen = c.device != NO_DEVICE
    small = c.cents < SMALL_CENTS
    card_device = _pair(c.card[seen], c.device[seen])
    return {
        "card": EventStream.of(c.card, c.paid_at, [c.cents, c.foreign == 1]),
        "card_merchant": EventStream.of(_pair(c.card, c.merchant), c.paid_at),
        "card_device": EventStream.of(card_device, c.paid_at[seen]),
        "device": EventStream.of(c.device[seen], c.paid_at[seen]),
        "small": EventStream.of(c.merchant[small], c.paid_at[small]),
    }


def _stream_columns(
    past: dict[str, EventStream], today: dict[str, EventStream], c: Coded
) -> dict[str, NDArray[Any]]:
    """The `STREAM_FEATURES` of payments, from the past's events and today's."""

    def windows(name: str, key: Ints) -> Windows:
        return Windows((past[name], today[name]), key, c.paid_at)

    seen = c.device != NO_DEVICE
    pairs = windows("card_device", _pair(c.card, c.device))
    others = windows("device", c.device).count(WEEK) - pairs.count(WEEK)
    visits = windows("card_merchant", _pair(c.card, c.merchant))
    return _card_columns(windows("card", c.card), c) | {
        "card_merchant_30d": visits.count(MONTH),
        "card_device_30d": np.where(seen, pairs.count(MONTH), np.nan),
        "device_others_7d": np.where(seen, others, np.nan),
        "merchant_small_1h": windows("small", c.merchant).count(HOUR),
    }


def _card_columns(card: Windows, c: Coded) -> dict[str, NDArray[Any]]:
    """What the card's own last thirty days say."""
    n_month, sum_month = card.count(MONTH), card.sums(MONTH, CENTS)
    last = card.last(MONTH)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sum_month / (100 * n_month)
        ratio = np.where(sum_month > 0, c.cents * n_month / sum_month, np.nan)
    return {
        "card_n_1h": card.count(HOUR),
        "card_n_24h": card.count(DAY),
        "card_n_7d": card.count(WEEK),
        "card_n_30d": n_month,
        "card_sum_24h": card.sums(DAY, CENTS) / 100,
        "card_mean_30d": np.where(n_month > 0, mean, np.nan),
        "amount_ratio": ratio,
        "card_secs_since_last": np.where(last >= 0, c.paid_at - last, np.nan),
        "card_foreign_7d": card.sums(WEEK, ABROAD),
    }
