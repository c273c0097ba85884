"""The offline features as Ibis expressions: DuckDB on a laptop, Spark on a cluster.

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

from sevensteps.cases.fraud.world.schema import CATEGORIES

from .live import Labels
from .single import (
    DAY,
    HOUR,
    MONDAY_OFFSET,
    MONTH,
    NIGHTLY_FEATURES,
    REPORT_DAYS,
    RISK_DAYS,
    RISK_PRIOR_FRAUDS,
    RISK_PRIOR_PAYMENTS,
    SMALL_CENTS,
    WEEK,
)

_COUNT_BITS = 20  # a card's payments in 30 days stay below a million


def feature_tables(
    payments: ir.Table,
    cardholders: ir.Table,
    merchants: ir.Table,
    chargebacks: ir.Table,
    labels: Labels,
    since: int,
) -> tuple[ir.Table, ...]:
    """All `FEATURES` in lazy tables that are joined on `slot`, for any Ibis engine.

    `slot` is an int32 column of `payments` besides the world's: a number for each
    wanted row, null for the others. The device table lacks the rows without a device.
    What was paid before the second `since` is left out of the windows, none of which
    exceeds a month; the nightly counts of merchants, which go back farther, still take
    it in.
    """
    recent = payments.filter(payments.paid_at >= since)
    nights = merchant_nights(payments, chargebacks, labels)
    return (
        by_card(recent),
        by_card_abroad(recent, cardholders),
        by_card_and_merchant(recent),
        by_device(recent),
        by_merchant(recent),
        of_payment(payments, cardholders, merchants, nights),
    )


def _before(total: Any, span: int, keys: list[str], at: str = "paid_at") -> Any:
    """A count or sum over [now - span, now - 1], for rows with the same keys."""
    return total.over(_until_now(span, keys, at)) - total.over(_until_now(0, keys, at))


def _until_now(span: int, keys: list[str], at: str = "paid_at") -> Any:
    """[now - span, now]: rows of this very moment are inside."""
    return ibis.range_window(
        preceding=span, following=0, group_by=[ibis._[k] for k in keys], order_by=at
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


def by_card_abroad(payments: ir.Table, cardholders: ir.Table) -> ir.Table:
    """slot and the card's payments outside the cardholder's country."""
    home = cardholders.select("cardholder_id", home="country")
    rows = payments.left_join(home, "cardholder_id")
    abroad = (ibis._.country != ibis._.home).fill_null(False)
    return _counts(rows, abroad, ["card_id"], WEEK, "card_foreign_7d")


def by_card_and_merchant(payments: ir.Table) -> ir.Table:
    """slot and how often this card has paid at this merchant."""
    keys, any_ = ["card_id", "merchant_id"], ibis.literal(True)
    return _counts(payments, any_, keys, MONTH, "card_merchant_30d")


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


def by_merchant(payments: ir.Table) -> ir.Table:
    """slot and the merchant's small payments of the last hour."""
    small = _cents(ibis._.amount) < SMALL_CENTS
    return _counts(payments, small, ["merchant_id"], HOUR, "merchant_small_1h")


def _counts(
    payments: ir.Table, seen: Any, keys: list[str], span: int, name: str
) -> ir.Table:
    """slot and how many earlier payments of a key were `seen`; others are dropped."""
    t = ibis._
    events = payments.select("slot", *keys, "paid_at", seen=seen.cast("int64"))
    few = events.filter((t.seen == 1) | t.slot.notnull())
    return _kept(few.select("slot", **{name: _before(t.seen.sum(), span, keys)}))


def merchant_nights(
    payments: ir.Table, chargebacks: ir.Table, labels: Labels
) -> ir.Table:
    """merchant_id, day and `NIGHTLY_FEATURES`, for each day with a payment.

    Two streams of events meet in one window: a day's trade, and a chargeback
    that raises the merchant's counts on the day after it was *reported*. It lowers
    that of recent reports a week or a month later, and each when its payment is
    ninety days old.
    """
    t, key, at = ibis._, ["merchant_id"], "day"
    daily = _merchant_days(payments, chargebacks, labels)
    so_far = ibis.window(
        preceding=None, following=0, group_by=t.merchant_id, order_by=t.day
    )
    windows = daily.select(
        "merchant_id",
        "day",
        "n",
        merchant_n_7d=_before(t.n.sum(), 7, key, at),
        month=_before(t.n.sum(), 30, key, at),
        cents=_before(t.cents.sum(), 30, key, at),
        n_risk=_before(t.n.sum(), RISK_DAYS, key, at),
        frauds=t.change.sum().over(so_far),
        **{name: t[name].sum().over(so_far) for name in REPORT_DAYS},
    )
    return windows.filter(t.n > 0).select(
        "merchant_id",
        "day",
        "merchant_n_7d",
        merchant_mean_30d=t.cents.cast("float64") / (t.month * 100).nullif(0),
        merchant_risk_90d=(t.frauds + RISK_PRIOR_FRAUDS)
        / (t.n_risk + RISK_PRIOR_PAYMENTS),
        **{name: t[name] for name in REPORT_DAYS},
    )


def _merchant_days(
    payments: ir.Table, chargebacks: ir.Table, labels: Labels
) -> ir.Table:
    """A merchant's trade of each day, and the changes of its counts of reports."""
    t = ibis._
    trade = payments.group_by("merchant_id", day=t.paid_at // DAY).agg(
        n=t.count(), cents=_cents(t.amount).sum().cast("int64")
    )
    zero = ibis.literal(0, "int64")
    told = _reports(payments, chargebacks, labels).mutate(n=zero, cents=zero)
    changes = ("change", *REPORT_DAYS)
    daily = trade.mutate(**dict.fromkeys(changes, zero))
    daily = daily.union(told.select(*daily.columns))
    sums = {name: t[name].sum() for name in ("n", "cents", *changes)}
    return daily.group_by("merchant_id", "day").agg(**sums)


def _reports(payments: ir.Table, chargebacks: ir.Table, labels: Labels) -> ir.Table:
    """merchant_id, day and changes: +1 when a chargeback counts, -1 when it lapses.

    `leaking` counts it from the day after the *payment*, as if the customer had
    complained at once: the mistake of joining today's labels to yesterday's rows.
    """
    t = ibis._
    told = chargebacks.join(payments, "payment_id").select(
        "merchant_id",
        told=(t.reported_at if labels == "as_known" else t.paid_at) // DAY,
        lapses=t.paid_at // DAY + RISK_DAYS + 1,
    )
    told = told.filter(t.told + 1 < t.lapses)
    ends = {"change": t.lapses} | {
        name: ibis.least(t.lapses, t.told + 1 + days)
        for name, days in REPORT_DAYS.items()
    }
    none = dict.fromkeys(ends, 0)

    def changed(day: Any, changes: dict[str, int]) -> ir.Table:
        numbers = {name: ibis.literal(n, "int64") for name, n in changes.items()}
        return told.select("merchant_id", day=day, **numbers)

    lapsed = [changed(day, none | {name: -1}) for name, day in ends.items()]
    return ibis.union(changed(t.told + 1, dict.fromkeys(ends, 1)), *lapsed)


def of_payment(
    payments: ir.Table, cardholders: ir.Table, merchants: ir.Table, nights: ir.Table
) -> ir.Table:
    """slot, `NIGHTLY_FEATURES` and `PAYMENT_FEATURES` of the wanted rows."""
    t = ibis._
    people = cardholders.rename(home="country", account_opened="opened_at")
    shops = merchants.select("merchant_id", "category", "x", "y", opened="opened_at")
    wanted = _kept(payments).mutate(day=t.paid_at // DAY)
    rows = wanted.left_join(people, "cardholder_id").left_join(shops, "merchant_id")
    rows = rows.left_join(nights, ["merchant_id", "day"])
    codes = [(name, code) for code, name in enumerate(CATEGORIES)]
    online = t.channel == "online"
    across, along = _float(t.x) - _float(t.home_x), _float(t.y) - _float(t.home_y)
    distance = (across * across + along * along).sqrt()
    return rows.select(
        "slot",
        *NIGHTLY_FEATURES,
        "amount",
        hour=t.paid_at % DAY // 3_600,
        weekday=(t.paid_at // DAY + MONDAY_OFFSET) % 7,
        is_online=online,
        is_contactless=t.channel == "contactless",
        category=t.category.cases(*codes, else_=None),
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


def _float(value: Any) -> Any:
    return value.cast("float64")
