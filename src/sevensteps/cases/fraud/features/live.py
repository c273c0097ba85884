"""Today's features, a day at a time: windows, and merchants as of midnight."""

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History

from . import single
from .windows import (
    Coded,
    EventStream,
    Facts,
    Ints,
    Windows,
    code,
    pair,
    payment_columns,
    to_cents,
)

Labels = Literal["as_known", "leaking"]
EVER = 2**31  # a window that holds all that was


def trade_by_day(payments: pa.Table) -> EventStream:
    """Payments and cents of each merchant and day."""
    merchant = payments["merchant_id"].to_numpy().astype(np.int64)
    days = pair(merchant, payments["paid_at"].to_numpy() // single.DAY)
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
    paid = paid // single.DAY
    told = chargebacks["reported_at"].take(at.drop_null()).to_numpy() // single.DAY
    told = paid if labels == "leaking" else told
    fresh = told < paid + single.RISK_DAYS
    merchant, paid, told = merchant[fresh], paid[fresh], told[fresh]
    change, streams = np.repeat([1, -1], len(told)), []
    for days in (single.RISK_DAYS, *single.REPORT_DAYS.values()):
        lapsed = np.minimum(told + days, paid + single.RISK_DAYS)
        events = np.r_[merchant, merchant], np.r_[told, lapsed]
        streams.append(EventStream.of(*events, [change]))
    return streams


def nightly_columns(
    trade: EventStream, reports: list[EventStream], merchant: Ints, day: Ints
) -> dict[str, NDArray[np.float64]]:
    """`NIGHTLY_FEATURES` of merchants at the midnights that begin some days."""
    sold = Windows([trade], merchant, day)
    frauds, *recent = (Windows([s], merchant, day).sums(EVER, 0) for s in reports)
    n_month, n_risk = sold.sums(30, 0), sold.sums(single.RISK_DAYS, 0)
    with np.errstate(invalid="ignore"):
        mean = np.where(n_month > 0, sold.sums(30, 1) / (100 * n_month), np.nan)
    risk = (frauds + single.RISK_PRIOR_FRAUDS) / (n_risk + single.RISK_PRIOR_PAYMENTS)
    values = [sold.sums(7, 0), mean, risk, *recent]
    return dict(zip(single.NIGHTLY_FEATURES, np.array(values, np.float64), strict=True))


def nightly_features(
    history: History, merchant: Ints, day: Ints, labels: Labels = "as_known"
) -> dict[str, NDArray[np.float64]]:
    """`NIGHTLY_FEATURES` of a history's merchants at some midnights."""
    reports = reports_by_day(history.payments, history.chargebacks, labels)
    return nightly_columns(trade_by_day(history.payments), reports, merchant, day)


def nightly_merchants(history: History, day: int) -> pa.Table:
    """The nightly features of all merchants, as of the midnight that begins `day`.

    Only chargebacks reported before it count: those of recent frauds have mostly not
    arrived. Returns merchant_id (int32), then `NIGHTLY_FEATURES` (float64; NaN without
    a payment in 30 days).
    """
    merchant = np.arange(history.merchants.num_rows, dtype=np.int32)
    values = nightly_features(history, merchant, np.full(len(merchant), day))
    return pa.table({"merchant_id": merchant} | values)


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
        self._told = history.chargebacks
        known = _since(history.payments, history.days - single.RISK_DAYS)
        self._paid = known.select(["payment_id", "paid_at", "merchant_id"])
        self._trade = trade_by_day(known)
        recent = _since(known, history.days - single.MONTH // single.DAY)
        self._past = _streams(code(recent, self._facts))

    def step(self, batch: pa.Table, new_chargebacks: pa.Table) -> NDArray[np.float32]:
        """Features of a day's payments, all of which are then remembered.

        `new_chargebacks` (payment_id, reported_at) came in since the last day.
        """
        self._told = _joined(self._told, new_chargebacks)
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
            return np.empty((0, len(single.FEATURES)), np.float32)
        day = self._day_of(batch)
        coded = code(batch, self._facts)
        columns = _stream_columns(self._past, _streams(coded), coded)
        reports = reports_by_day(self._paid, self._told)
        days = np.full(batch.num_rows, day)
        columns |= nightly_columns(self._trade, reports, coded.merchant, days)
        columns |= payment_columns(batch, self._facts)
        return np.column_stack([columns[n].astype(np.float32) for n in single.FEATURES])

    def _observe(self, batch: pa.Table) -> None:
        """Remember a day's payments, whatever was decided."""
        self._day = self._day_of(batch) + 1
        today = _streams(code(batch, self._facts))
        self._past = {
            name: past.merged(today[name], since=self._day * single.DAY - KEPT[name])
            for name, past in self._past.items()
        }
        oldest = self._day - single.RISK_DAYS
        self._trade = self._trade.merged(trade_by_day(batch), since=oldest)
        self._paid = _since(_joined(self._paid, batch), oldest)

    def _day_of(self, batch: pa.Table) -> int:
        """The one day of a batch."""
        days = np.unique(batch["paid_at"].to_numpy() // single.DAY)
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


def _joined(known: pa.Table, new: pa.Table) -> pa.Table:
    """Rows that are known, and the same columns of new ones."""
    new = new.select(known.column_names)
    return pa.concat_tables([known, new], promote_options="default")


def _since(payments: pa.Table, day: int) -> pa.Table:
    """Payments, of days in order, from a day on."""
    days = payments["paid_at"].to_numpy() // single.DAY
    return payments.slice(int(np.searchsorted(days, day)))


KEPT = {
    "card": single.MONTH,
    "card_merchant": single.MONTH,
    "card_device": single.MONTH,
    "device": single.WEEK,
    "small": single.HOUR,
}


def _streams(c: Coded) -> dict[str, EventStream]:
    """The five event streams of some payments."""
    seen = c.device != single.NO_DEVICE
    small = c.cents < single.SMALL_CENTS
    card_device = pair(c.card[seen], c.device[seen])
    return {
        "card": EventStream.of(c.card, c.paid_at, [c.cents, c.foreign == 1]),
        "card_merchant": EventStream.of(pair(c.card, c.merchant), c.paid_at),
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

    seen = c.device != single.NO_DEVICE
    pairs = windows("card_device", pair(c.card, c.device))
    others = windows("device", c.device).count(single.WEEK) - pairs.count(single.WEEK)
    visits = windows("card_merchant", pair(c.card, c.merchant))
    return _card_columns(windows("card", c.card), c) | {
        "card_merchant_30d": visits.count(single.MONTH),
        "card_device_30d": np.where(seen, pairs.count(single.MONTH), np.nan),
        "device_others_7d": np.where(seen, others, np.nan),
        "merchant_small_1h": windows("small", c.merchant).count(single.HOUR),
    }


def _card_columns(card: Windows, c: Coded) -> dict[str, NDArray[Any]]:
    """What the card's own last thirty days say."""
    n_month, sum_month = card.count(single.MONTH), card.sums(single.MONTH, CENTS)
    last = card.last(single.MONTH)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sum_month / (100 * n_month)
        ratio = np.where(sum_month > 0, c.cents * n_month / sum_month, np.nan)
    return {
        "card_n_1h": card.count(single.HOUR),
        "card_n_24h": card.count(single.DAY),
        "card_n_7d": card.count(single.WEEK),
        "card_n_30d": n_month,
        "card_sum_24h": card.sums(single.DAY, CENTS) / 100,
        "card_mean_30d": np.where(n_month > 0, mean, np.nan),
        "amount_ratio": ratio,
        "card_secs_since_last": np.where(last >= 0, c.paid_at - last, np.nan),
        "card_foreign_7d": card.sums(single.WEEK, ABROAD),
    }
