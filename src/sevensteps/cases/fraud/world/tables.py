"""Rows and people as tables: what the company sees, and what only the world knows."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.arrays import dictionary, gapped

from .calendar import Today
from .kinds import CATEGORIES, METHODS
from .people import People
from .rng import Codes, Ids
from .rows import PaymentRows
from .schema import (
    ACTIONS,
    CHANNELS,
    COUNTRIES,
    DAY,
    PAYMENTS,
    SCHEMA,
    TRUTH,
)

Spans = tuple[Ids, Ids]
FIRST_DAY = -20_000  # of the tables; instants fit 32 bits


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
        dictionary(rows.channel, CHANNELS),
        pa.array(rows.amount),
        dictionary(country, COUNTRIES),
        dictionary(rows.ip_country, COUNTRIES, gaps=True),
        gapped(rows.address_match, ~np.isnan(rows.address_match)),
        gapped(rows.ip_risk, ~np.isnan(rows.ip_risk)),
        dictionary(action, ACTIONS),
    ]
    return pa.Table.from_arrays(columns, schema=PAYMENTS)


def dimensions(people: People) -> dict[str, pa.Table]:
    """The company's cardholders, cards and merchants."""
    shops = people.merchants
    columns = {
        "cardholders": [
            _numbers(people.x),
            dictionary(people.country, COUNTRIES),
            pa.array(people.x),
            pa.array(people.y),
            _seconds(people.opened_day),
            pa.array(people.declared_income, mask=np.isnan(people.declared_income)),
        ],
        "cards": [_numbers(people.card_holder), pa.array(people.card_holder)],
        "merchants": [
            _numbers(shops.x),
            dictionary(shops.category, CATEGORIES),
            dictionary(shops.country, COUNTRIES),
            pa.array(shops.x, mask=np.isnan(shops.x)),
            pa.array(shops.y, mask=np.isnan(shops.y)),
            pa.array(shops.is_online),
            _seconds(shops.opened_day),
        ],
    }
    return {
        name: pa.Table.from_arrays(arrays, schema=SCHEMA[name])
        for name, arrays in columns.items()
    }


def _numbers(like: NDArray[np.generic]) -> pa.Array:
    return pa.array(np.arange(len(like), dtype=np.int32))


def _seconds(day: Ids) -> pa.Array:
    return pa.array(np.maximum(day, FIRST_DAY).astype(np.int32) * np.int32(DAY))


def secrets_of(rows: PaymentRows, now: Today) -> pa.Table:
    """A day's truth but for `true_compromised`, which other days decide."""
    holder = now.people.card_holder[rows.card]
    columns = [
        pa.array(rows.payment_id),
        pa.array(rows.method > 0),
        dictionary(rows.method, METHODS),
        pa.array(rows.campaign),
        pa.array(now.away[holder] > 0),
        pa.array(now.new_phone[holder]),
    ]
    return pa.Table.from_arrays(columns, names=TRUTH.names[:-1])


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
    card, both included.

    Raises
    ------
    ValueError
        if the payments are not those of the secrets
    """
    known = pa.concat_tables(secrets)
    if not known["payment_id"].equals(payments["payment_id"]):
        raise ValueError("the history is another world's; use this world.history()")
    (first, last), card = spans, payments["card_id"].to_numpy()
    paid_at = payments["paid_at"].to_numpy()
    compromised = pa.array((paid_at >= first[card]) & (paid_at <= last[card]))
    known = known.append_column(TRUTH.names[-1], compromised)
    return known.cast(TRUTH)
