"""The same features for today's payments, a day at a time, in NumPy."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.world import History

from .nightly import nightly_columns, reports_by_day, trade_by_day
from .single import (
    DAY,
    FEATURES,
    HOUR,
    MONTH,
    NO_DEVICE,
    RISK_DAYS,
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
    pair,
    payment_columns,
)

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
        known = _since(history.payments, history.days - RISK_DAYS)
        self._paid = known.select(["payment_id", "paid_at", "merchant_id"])
        self._trade = trade_by_day(known)
        recent = _since(known, history.days - MONTH // DAY)
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
            return np.empty((0, len(FEATURES)), np.float32)
        day = self._day_of(batch)
        coded = code(batch, self._facts)
        columns = _stream_columns(self._past, _streams(coded), coded)
        reports = reports_by_day(self._paid, self._told)
        days = np.full(len(coded), day)
        columns |= nightly_columns(self._trade, reports, coded.merchant, days)
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
        oldest = self._day - RISK_DAYS
        self._trade = self._trade.merged(trade_by_day(batch), since=oldest)
        self._paid = _since(_joined(self._paid, batch), oldest)

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


def _joined(known: pa.Table, new: pa.Table) -> pa.Table:
    """Rows that are known, and the same columns of new ones."""
    new = new.select(known.column_names)
    return pa.concat_tables([known, new], promote_options="default")


def _since(payments: pa.Table, day: int) -> pa.Table:
    """Payments, of days in order, from a day on."""
    days = payments["paid_at"].to_numpy() // DAY
    return payments.slice(int(np.searchsorted(days, day)))


KEPT = {
    "card": MONTH,
    "card_merchant": MONTH,
    "card_device": MONTH,
    "device": WEEK,
    "small": HOUR,
}


def _streams(c: Coded) -> dict[str, EventStream]:
    """The five event streams of some payments."""
    seen = c.device != NO_DEVICE
    small = c.cents < SMALL_CENTS
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

    seen = c.device != NO_DEVICE
    pairs = windows("card_device", pair(c.card, c.device))
    others = windows("device", c.device).count(WEEK) - pairs.count(WEEK)
    visits = windows("card_merchant", pair(c.card, c.merchant))
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
