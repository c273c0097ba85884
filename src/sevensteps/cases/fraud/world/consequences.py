"""The old rule, what follows from a decision, and the tables that hold it."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from sevensteps.world.arrays import dictionary, gapped

from . import schema
from .honest import Today
from .people import People
from .rng import CHURN, DELAY, REPORT, REVIEW, STEP, Bools, Codes, Doubles, Ids, Longs
from .rows import PaymentRows, fine_uniforms

LARGE = 900.0  # euros
_MISTAKE = np.uint64(0xD1342543DE82EF95)
LONGEST_DELAY = 120.0  # days
DELAY_SD = 0.65  # of the logarithm
MISTAKES = 0.05  # honest payments reported as fraud, per stolen payment
REVIEW_SEES = np.array((1, 1, 1, 1, 1, 1, 0.1, 1))  # friendly fraud looks honest
Spans = tuple[Ids, Ids]
FIRST_DAY = -20_000  # of the tables; instants fit 32 bits


def incumbent(rows: PaymentRows, people: People) -> NDArray[np.int8]:
    """(n,) actions of the rule, from the world's own rows: fast."""
    action = np.zeros(len(rows), np.int8)
    at = np.flatnonzero((rows.amount > LARGE) & (rows.channel == schema.ONLINE))
    holder = people.card_holder[rows.card[at]]
    foreign = people.merchants.country[rows.merchant[at]] != people.country[holder]
    action[at[foreign]] = schema.Action.BLOCK
    return action


def incumbent_rule(batch: pa.Table, view: schema.PaymentsView) -> NDArray[np.int8]:
    """(n,) actions of the rule, from the company's tables: a policy."""
    home = view.history.cardholders["country"].cast(pa.string())
    home = home.take(batch["cardholder_id"].combine_chunks())
    foreign = pc.not_equal(batch["country"].cast(pa.string()), home)
    online = pc.equal(batch["channel"].cast(pa.string()), "online")
    large = pc.greater(batch["amount"], LARGE)
    stop = pc.and_(pc.and_(large, online), foreign).to_numpy()
    return np.where(stop, schema.Action.BLOCK, schema.Action.ALLOW).astype(np.int8)


def approved(rows: PaymentRows, action: Codes, costs: schema.Costs) -> Bools:
    """Which payments go through in the end, after step-ups and reviews."""
    passed = action == schema.Action.ALLOW
    stolen = rows.method > 0
    steps = np.flatnonzero(action == schema.Action.STEP_UP)
    method = rows.method[steps]
    stops = np.minimum(0.99, costs.step_up_stops * schema.STEP_UP_STOPS[method])
    stops = np.where(stolen[steps], stops, costs.step_up_abandon)
    passed[steps] = fine_uniforms(rows.random_key[steps], STEP) >= stops
    seen = np.flatnonzero(action == schema.Action.REVIEW)
    catches = costs.review_catches * REVIEW_SEES[rows.method[seen]]
    catches = np.where(stolen[seen], catches, costs.review_insults)
    passed[seen] = fine_uniforms(rows.random_key[seen], REVIEW) >= catches
    return passed


def reports(
    rows: PaymentRows, passed: Bools, base_rate: float
) -> tuple[Longs, pa.Table]:
    """Positions of the payments that will be charged back, and their chargebacks.

    A tenth of frauds is never reported; a few honest payments are, by mistake; a
    payment that did not go through never is.
    """
    stolen = np.flatnonzero(passed & (rows.method > 0))
    u = fine_uniforms(rows.random_key[stolen], REPORT)
    told = stolen[u < schema.P_REPORT[rows.method[stolen]]]
    # one in 1/p: asked of every payment, hence one multiplication and no more
    mistaken = rows.random_key * _MISTAKE < np.uint64(MISTAKES * base_rate * 2**64)
    wrong = np.flatnonzero(mistaken)
    wrong = wrong[passed[wrong] & (rows.method[wrong] == 0)]
    at = np.r_[told, wrong]
    u = fine_uniforms(rows.random_key[at], DELAY)
    days = _delay_days(u, schema.DELAY_DAYS[rows.method[at]])
    when = (rows.paid_at[at] + days * schema.DAY).astype(np.int32)
    columns = [rows.payment_id[at], when]
    return at, pa.Table.from_arrays(columns, schema=schema.SCHEMA["chargebacks"])


def _delay_days(u: Doubles, median: Doubles) -> NDArray[Any]:
    """Log-normal with that median, cut (not piled up) at the longest delay."""
    longest = ndtr(np.log(LONGEST_DELAY / median) / DELAY_SD)
    z = ndtri(np.maximum(u, 1e-6) * longest)
    return np.minimum(median * np.exp(DELAY_SD * z), LONGEST_DELAY)


def leaves(
    rows: PaymentRows, action: Codes, passed: Bools, people: People, costs: schema.Costs
) -> Longs:
    """Positions of the stopped honest payments after which a customer leaves.

    A customer leaves once, however many payments were stopped that day. Who gives up
    at a step-up loses the payment, not the patience.
    """
    at = np.flatnonzero(
        ~passed & (rows.method == 0) & (action != schema.Action.STEP_UP)
    )
    at = at[fine_uniforms(rows.random_key[at], CHURN) < costs.insult_churn]
    holder = people.card_holder[rows.card[at]]
    return at[np.unique(holder, return_index=True)[1]]


def ledger(
    rows: PaymentRows,
    action: Codes,
    passed: Bools,
    complained: Longs,
    left: Longs,
    costs: schema.Costs,
) -> pa.Table:
    """What a day's payments cost and earned, in euros; see `schema.LEDGER`."""
    stolen = rows.method > 0
    fee, insult = np.zeros((2, len(rows)), np.float32)
    fee[complained] = costs.chargeback_fee
    insult[left] = costs.customer_value
    loss = np.where(stolen & passed, rows.charged * costs.fraud_loss_share, 0)
    margin = np.where(passed & ~stolen, rows.charged * costs.margin_rate, 0)
    columns = [
        rows.payment_id,
        rows.paid_at // np.int32(schema.DAY),
        loss.astype(np.float32),
        fee,
        costs.review_cost * (action == schema.Action.REVIEW).astype("f4"),
        costs.step_up_cost * (action == schema.Action.STEP_UP).astype("f4"),
        insult,
        margin.astype(np.float32),
    ]
    return pa.Table.from_arrays(columns, schema=schema.LEDGER)


def to_table(rows: PaymentRows, people: People, action: Codes) -> pa.Table:
    """The rows as the company sees them."""
    country = people.merchants.country[rows.merchant]
    columns = [
        pa.array(rows.payment_id),
        pa.array(rows.paid_at),
        pa.array(people.card_holder[rows.card]),
        pa.array(rows.card),
        pa.array(rows.merchant),
        gapped(rows.device, rows.device >= 0),
        dictionary(rows.channel, schema.CHANNELS),
        pa.array(rows.amount),
        dictionary(country, schema.COUNTRIES),
        dictionary(rows.ip_country, schema.COUNTRIES, gaps=True),
        gapped(rows.address_match, ~np.isnan(rows.address_match)),
        gapped(rows.ip_risk, ~np.isnan(rows.ip_risk)),
        dictionary(action, schema.ACTIONS),
    ]
    return pa.Table.from_arrays(columns, schema=schema.PAYMENTS)


def dimensions(people: People) -> dict[str, pa.Table]:
    """The company's cardholders, cards and merchants."""
    shops = people.merchants
    columns = {
        "cardholders": [
            _numbers(people.x),
            dictionary(people.country, schema.COUNTRIES),
            pa.array(people.x),
            pa.array(people.y),
            _seconds(people.opened_day),
            pa.array(people.declared_income, mask=np.isnan(people.declared_income)),
        ],
        "cards": [_numbers(people.card_holder), pa.array(people.card_holder)],
        "merchants": [
            _numbers(shops.x),
            dictionary(shops.category, schema.CATEGORIES),
            dictionary(shops.country, schema.COUNTRIES),
            pa.array(shops.x, mask=np.isnan(shops.x)),
            pa.array(shops.y, mask=np.isnan(shops.y)),
            pa.array(shops.is_online),
            _seconds(shops.opened_day),
        ],
    }
    return {
        name: pa.Table.from_arrays(arrays, schema=schema.SCHEMA[name])
        for name, arrays in columns.items()
    }


def _numbers(like: NDArray[np.generic]) -> pa.Array:
    return pa.array(np.arange(len(like), dtype=np.int32))


def _seconds(day: Ids) -> pa.Array:
    return pa.array(np.maximum(day, FIRST_DAY).astype(np.int32) * np.int32(schema.DAY))


def secrets_of(rows: PaymentRows, now: Today) -> pa.Table:
    """A day's truth but for `true_compromised`, which other days decide."""
    holder = now.people.card_holder[rows.card]
    columns = [
        pa.array(rows.payment_id),
        pa.array(rows.method > 0),
        dictionary(rows.method, schema.METHODS),
        pa.array(rows.campaign),
        pa.array(now.away[holder] > 0),
        pa.array(now.new_phone[holder]),
    ]
    return pa.Table.from_arrays(columns, names=schema.TRUTH.names[:-1])


def no_thefts(n_cards: int) -> Spans:
    """The spans of cards that nobody has stolen from: the first lies after the last."""
    return np.full(n_cards, 2**31 - 1, np.int32), np.full(n_cards, -1, np.int32)


def theft_spans(rows: PaymentRows, before: Spans) -> Spans:
    """The first and last theft from each card, with those of earlier days.

    Friendly fraud is no theft; it belongs to no campaign.
    """
    first, last = before[0].copy(), before[1].copy()
    theft = rows.campaign >= 0
    np.minimum.at(first, rows.card[theft], rows.paid_at[theft])
    np.maximum.at(last, rows.card[theft], rows.paid_at[theft])
    return first, last


def truth_table(payments: pa.Table, secrets: list[pa.Table], spans: Spans) -> pa.Table:
    """One row per payment; see `schema.TRUTH`.

    A payment is compromised if it lies between the first and the last theft from its
    card, both included. Payments must be those of the secrets.
    """
    known = pa.concat_tables(secrets)
    if not known["payment_id"].equals(payments["payment_id"]):
        raise ValueError("the history is another world's; use this world.history()")
    (first, last), card = spans, payments["card_id"].to_numpy()
    paid_at = payments["paid_at"].to_numpy()
    compromised = pa.array((paid_at >= first[card]) & (paid_at <= last[card]))
    known = known.append_column(schema.TRUTH.names[-1], compromised)
    return known.cast(schema.TRUTH)
