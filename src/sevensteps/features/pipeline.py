"""The offline features as Ibis expressions: DuckDB on a laptop, Spark on a cluster.

Point-in-time correctness stands in one place, `_before`: integer seconds and the
frame (-w, -1). A payment in the same second, and the payment itself, stay out.

Each function takes and returns lazy tables. `slot` numbers the rows that are
wanted and is null elsewhere: every payment is an event, few become an answer.
An engine finds a window's edges once per aggregate, so count and sum ride in
one 64-bit number.
"""

from typing import Any

import ibis
import ibis.expr.types as ir

from ..worlds.payments.schema import CATEGORIES
from .names import (
    DAY,
    HOUR,
    MONTH,
    RISK_DAYS,
    RISK_PRIOR_FRAUDS,
    RISK_PRIOR_PAYMENTS,
    SMALL_CENTS,
    WEEK,
)
from .nightly import Labels
from .single import MONDAY_OFFSET

_COUNT_BITS = 20  # a card's payments in 30 days stay below a million


def _before(seconds: int, keys: list[str], at: str = "paid_at") -> Any:
    """The window of earlier rows with the same keys, strictly before this one."""
    return ibis.range_window(
        preceding=(seconds, 1), group_by=[ibis._[k] for k in keys], order_by=ibis._[at]
    )


def _both(count: Any, total: Any, window: Any) -> Any:
    """Count and sum over one window, packed in one whole number."""
    return (
        (total.cast("int64") * (1 << _COUNT_BITS) + count)
        .sum()
        .over(window)
        .fill_null(0)
        .cast("int64")
    )


def _count_of(packed: Any) -> Any:
    return packed & ((1 << _COUNT_BITS) - 1)


def _sum_of(packed: Any) -> Any:
    return packed >> _COUNT_BITS


def _cents(amount: Any) -> Any:
    return (amount.cast("float64") * 100 + 0.5).floor().cast("int64")


def _kept(table: ir.Table) -> ir.Table:
    return table.filter(table.slot.notnull())


def by_card(payments: ir.Table, cardholders: ir.Table) -> ir.Table:
    """slot and the features that need the card's own past."""
    t, card = ibis._, ["card_id"]
    packed = _card_events(payments, cardholders).select(
        "slot",
        "paid_at",
        "cents",
        card_n_1h=t.count().over(_before(HOUR, card)),
        day=_both(t.one, t.cents, _before(DAY, card)),
        week=_both(t.one, t.abroad, _before(WEEK, card)),
        month=_both(t.one, t.cents, _before(MONTH, card)),
        last=t.paid_at.max().over(_before(MONTH, card)),
    )
    spent, n_month = _sum_of(t.month), _count_of(t.month)
    return _kept(packed).select(
        "slot",
        "card_n_1h",
        card_n_24h=_count_of(t.day),
        card_n_7d=_count_of(t.week),
        card_n_30d=n_month,
        card_sum_24h=_sum_of(t.day).cast("float64") / 100,
        card_mean_30d=spent.cast("float64") / (n_month * 100).nullif(0),
        amount_ratio=(t.cents * n_month).cast("float64") / spent.nullif(0),
        card_secs_since_last=t.paid_at - t.last,
        card_foreign_7d=_sum_of(t.week),
    )


def _card_events(payments: ir.Table, cardholders: ir.Table) -> ir.Table:
    """What the card's windows add up: cents, payments abroad, and ones."""
    home = cardholders.select("cardholder_id", home="country")
    return payments.left_join(home, "cardholder_id").select(
        "slot",
        "card_id",
        "paid_at",
        cents=_cents(ibis._.amount),
        abroad=(ibis._.country != ibis._.home).fill_null(False).cast("int64"),
        one=ibis.literal(1, "int64"),
    )


def by_card_and_merchant(payments: ir.Table) -> ir.Table:
    """slot and how often this card has paid at this merchant."""
    window = _before(MONTH, ["card_id", "merchant_id"])
    events = payments.select("slot", "card_id", "merchant_id", "paid_at")
    return _kept(events.select("slot", card_merchant_30d=ibis._.count().over(window)))


def by_device(payments: ir.Table) -> ir.Table:
    """slot and how often this card, and others, have paid on this device."""
    t, pair = ibis._, ["card_id", "device_id"]
    events = payments.filter(t.device_id.notnull()).select(
        "slot", "card_id", "device_id", "paid_at"
    )
    counted = events.mutate(
        card_device_30d=t.count().over(_before(MONTH, pair)),
        own=t.count().over(_before(WEEK, pair)),
        all=t.count().over(_before(WEEK, ["device_id"])),
    )
    return _kept(counted).select(
        "slot", "card_device_30d", device_others_7d=t.all - t.own
    )


def by_merchant(payments: ir.Table) -> ir.Table:
    """slot and the merchant's small payments of the last hour.

    Only small payments are events and only wanted rows are answered; the rest
    is dropped before the window.
    """
    t = ibis._
    events = payments.select(
        "slot",
        "merchant_id",
        "paid_at",
        small=(_cents(t.amount) < SMALL_CENTS).cast("int64"),
    ).filter((t.small == 1) | t.slot.notnull())
    small = t.small.sum().over(_before(HOUR, ["merchant_id"])).fill_null(0)
    return _kept(events.select("slot", merchant_small_1h=small))


def merchant_nights(
    payments: ir.Table, chargebacks: ir.Table, labels: Labels
) -> ir.Table:
    """merchant_id, day and `NIGHTLY_FEATURES`, for each day with a payment.

    Two streams of events meet in one window: a day's trade, and a chargeback
    that raises the merchant's count on the day after it was *reported* and
    lowers it when its payment is ninety days old.
    """
    t = ibis._
    daily = _merchant_days(payments, chargebacks, labels)
    key, at = ["merchant_id"], "day"
    so_far = ibis.window(
        preceding=None, following=0, group_by=t.merchant_id, order_by=t.day
    )
    windows = daily.select(
        "merchant_id",
        "day",
        "n",
        merchant_n_7d=t.n.sum().over(_before(7, key, at)).fill_null(0),
        month=t.n.sum().over(_before(30, key, at)).fill_null(0),
        cents=t.cents.sum().over(_before(30, key, at)).fill_null(0),
        n_risk=t.n.sum().over(_before(RISK_DAYS, key, at)).fill_null(0),
        frauds=t.change.sum().over(so_far),
    )
    return windows.filter(t.n > 0).select(
        "merchant_id",
        "day",
        "merchant_n_7d",
        merchant_mean_30d=t.cents.cast("float64") / (t.month * 100).nullif(0),
        merchant_risk_90d=(t.frauds + RISK_PRIOR_FRAUDS)
        / (t.n_risk + RISK_PRIOR_PAYMENTS),
    )


def _merchant_days(
    payments: ir.Table, chargebacks: ir.Table, labels: Labels
) -> ir.Table:
    """A merchant's trade of each day, and the change of its count of reports."""
    t = ibis._
    trade = payments.group_by("merchant_id", day=t.paid_at // DAY).agg(
        n=t.count(), cents=_cents(t.amount).sum().cast("int64")
    )
    zero = ibis.literal(0, "int64")
    told = reports(payments, chargebacks, labels).mutate(n=zero, cents=zero)
    daily = trade.mutate(change=zero).union(told.select(*trade.columns, "change"))
    return daily.group_by("merchant_id", "day").agg(
        n=t.n.sum(), cents=t.cents.sum(), change=t.change.sum()
    )


def reports(payments: ir.Table, chargebacks: ir.Table, labels: Labels) -> ir.Table:
    """merchant_id, day, change: +1 when a chargeback counts, -1 when it lapses.

    `leaking` counts it from the day after the *payment*, as if the customer had
    complained at once: the mistake of joining today's labels to yesterday's rows.
    """
    t = ibis._
    told = chargebacks.join(payments, "payment_id").select(
        "merchant_id",
        paid=t.paid_at // DAY,
        told=(t.reported_at if labels == "as_known" else t.paid_at) // DAY,
    )
    told = told.filter(t.told < t.paid + RISK_DAYS)
    up = told.select("merchant_id", day=t.told + 1, change=ibis.literal(1, "int64"))
    down = told.select(
        "merchant_id", day=t.paid + RISK_DAYS + 1, change=ibis.literal(-1, "int64")
    )
    return up.union(down)


def of_payment(
    payments: ir.Table, cardholders: ir.Table, merchants: ir.Table, nights: ir.Table
) -> ir.Table:
    """slot, `NIGHTLY_FEATURES` and `PAYMENT_FEATURES` of the wanted rows."""
    t = ibis._
    rows = _joined(payments, cardholders, merchants, nights)
    online = t.channel == "online"
    across, along = _float(t.x) - _float(t.home_x), _float(t.y) - _float(t.home_y)
    distance = (across * across + along * along).sqrt()
    return rows.select(
        "slot",
        "merchant_n_7d",
        "merchant_mean_30d",
        "merchant_risk_90d",
        "amount",
        hour=t.paid_at % DAY // 3_600,
        weekday=(t.paid_at // DAY + MONDAY_OFFSET) % 7,
        is_online=online,
        is_contactless=t.channel == "contactless",
        category=_category_code(t.category),
        is_foreign=t.country != t.home,
        distance_km=online.fill_null(False).ifelse(None, distance),
        ip_foreign=t.ip_country != t.home,
        address_match=t.address_match,
        ip_risk=t.ip_risk,
        device_missing=online.ifelse(t.device_id.isnull(), None),
        account_age_days=_float(t.paid_at - t.account_opened) / DAY,
        declared_income=t.declared_income,
        merchant_age_days=_float(t.paid_at - t.opened) / DAY,
    )


def _joined(
    payments: ir.Table, cardholders: ir.Table, merchants: ir.Table, nights: ir.Table
) -> ir.Table:
    """The wanted payments with their cardholder, merchant and the night before."""
    t = ibis._
    people = cardholders.rename(home="country", account_opened="opened_at")
    shops = merchants.select("merchant_id", "category", "x", "y", opened="opened_at")
    rows = (
        _kept(payments).mutate(day=t.paid_at // DAY).left_join(people, "cardholder_id")
    )
    return rows.left_join(shops, "merchant_id").left_join(
        nights, ["merchant_id", "day"]
    )


def _float(value: Any) -> Any:
    return value.cast("float64")


def _category_code(category: Any) -> Any:
    return category.cases(*((name, i) for i, name in enumerate(CATEGORIES)), else_=None)
