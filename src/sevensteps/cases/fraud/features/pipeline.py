"""The offline windows as Ibis expressions: DuckDB on a laptop, Spark on a cluster.

Point-in-time correctness stands in one place, `_before`: whole seconds, and what
happens at a payment's own moment stays out, the payment itself included. An engine
searches for a window's edges, but not for an edge at the present row: hence `_before`
adds up to the present and takes the present off again.

Every payment is an event, few become an answer: those with a `slot`. The edges are
searched once per aggregate, so count and sum ride in one 64-bit number, and
`_card_windows` computes once the present that its windows take off.
"""

from typing import Any

import ibis
import ibis.expr.types as ir

from .single import DAY, HOUR, MONTH, SMALL_CENTS, WEEK

_COUNT_BITS = 20  # a card's payments in 30 days stay below a million


def window_tables(payments: ir.Table, cardholders: ir.Table) -> tuple[ir.Table, ...]:
    """`STREAM_FEATURES` in lazy tables that are joined on `slot`, for any Ibis engine.

    `slot` is an int32 column of `payments` besides the world's: a number for each
    wanted row, null for the others. The device table lacks the rows without a device.
    """
    t, card = ibis._, ["card_id"]
    home = cardholders.select("cardholder_id", home="country")
    at_home = payments.left_join(home, "cardholder_id")
    abroad = (t.country != t.home).fill_null(False)
    small, every = _cents(t.amount) < SMALL_CENTS, ibis.literal(True)
    return (
        by_card(payments),
        by_device(payments),
        _counts(at_home, abroad, card, WEEK, "card_foreign_7d"),
        _counts(payments, every, [*card, "merchant_id"], MONTH, "card_merchant_30d"),
        _counts(payments, small, ["merchant_id"], HOUR, "merchant_small_1h"),
    )


def _before(total: Any, span: int, keys: list[str]) -> Any:
    """A count or sum over [now - span, now - 1], for rows with the same keys."""
    return total.over(_until_now(span, keys)) - total.over(_until_now(0, keys))


def _until_now(span: int, keys: list[str]) -> Any:
    """[now - span, now]: rows of this very moment are inside."""
    return ibis.range_window(
        preceding=span,
        following=0,
        group_by=[ibis._[k] for k in keys],
        order_by="paid_at",
    )


def _count_of(packed: Any) -> Any:
    return packed.cast("int64") & ((1 << _COUNT_BITS) - 1)


def _sum_of(packed: Any) -> Any:
    return packed.cast("int64") >> _COUNT_BITS


def _cents(amount: Any) -> Any:
    return (amount.cast("float64") * 100 + 0.5).floor().cast("int64")


def _kept(table: ir.Table) -> ir.Table:
    return table.filter(table.slot.notnull())


def by_card(payments: ir.Table) -> ir.Table:
    """slot and most features that need the card's own past."""
    t = ibis._
    past = _kept(_card_windows(payments)).mutate(
        day=t.day - t.now, month=t.month - t.now, now=_count_of(t.now)
    )
    spent, n_month, ago = _sum_of(t.month), _count_of(t.month), t.paid_at - t.last
    return past.select(
        "slot",
        card_n_1h=t.n_hour - t.now,
        card_n_24h=_count_of(t.day),
        card_n_7d=t.n_week - t.now,
        card_n_30d=n_month,
        card_sum_24h=_sum_of(t.day).cast("float64") / 100,
        card_mean_30d=spent.cast("float64") / (n_month * 100).nullif(0),
        amount_ratio=(t.cents * n_month).cast("float64") / spent.nullif(0),
        card_secs_since_last=(ago <= MONTH).ifelse(ago, None),
    )


def _card_windows(payments: ir.Table) -> ir.Table:
    """The card's windows up to now, with `now` to take off: as `_before`, but once."""
    t, card = ibis._, ["card_id"]
    earlier = ibis.range_window(preceding=(None, 1), group_by=card, order_by="paid_at")
    events = payments.select("slot", "card_id", "paid_at", cents=_cents(t.amount))
    return events.mutate(packed=t.cents * (1 << _COUNT_BITS) + 1).select(
        "slot",
        "paid_at",
        "cents",
        now=t.packed.sum().over(_until_now(0, card)),
        n_hour=t.count().over(_until_now(HOUR, card)),
        day=t.packed.sum().over(_until_now(DAY, card)),
        n_week=t.count().over(_until_now(WEEK, card)),
        month=t.packed.sum().over(_until_now(MONTH, card)),
        last=t.paid_at.last(include_null=True).over(earlier),
    )


def by_device(payments: ir.Table) -> ir.Table:
    """slot and how often this card, and others, have paid on this device."""
    t, pair = ibis._, ["card_id", "device_id"]
    events = payments.filter(t.device_id.notnull()).select(
        "slot", "card_id", "device_id", "paid_at"
    )
    counted = events.mutate(
        card_device_30d=_before(t.count(), MONTH, pair),
        own=_before(t.count(), WEEK, pair),
        all=_before(t.count(), WEEK, ["device_id"]),
    )
    return _kept(counted).select(
        "slot", "card_device_30d", device_others_7d=t.all - t.own
    )


def _counts(
    payments: ir.Table, seen: Any, keys: list[str], span: int, name: str
) -> ir.Table:
    """slot and how many earlier payments of a key were `seen`; others are dropped."""
    t = ibis._
    events = payments.select("slot", *keys, "paid_at", seen=seen.cast("int64"))
    few = events.filter((t.seen == 1) | t.slot.notnull())
    return _kept(few.select("slot", **{name: _before(t.seen.sum(), span, keys)}))
