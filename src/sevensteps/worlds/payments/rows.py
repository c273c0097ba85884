"""Payments as NumPy columns: the form in which the world makes and changes them."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .people import People
from .schema import ACTIONS, CHANNELS, COUNTRIES, PAYMENTS


@dataclass(slots=True)
class Rows:
    """Columns of payments; missing is -1 for codes and ids, NaN for floats."""

    raw_id: NDArray[np.int64]
    paid_at: NDArray[np.int32]
    card: NDArray[np.int32]
    merchant: NDArray[np.int32]
    device: NDArray[np.int32]
    channel: NDArray[np.int8]
    amount: NDArray[np.float32]  # as the feed shows it
    charged: NDArray[np.float32]  # as the money moved
    ip_country: NDArray[np.int8]
    address_match: NDArray[np.float32]
    ip_risk: NDArray[np.float32]
    fate: NDArray[np.uint64]  # the luck of what follows a decision
    method: NDArray[np.int8]
    campaign: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.paid_at)

    def take(self, index: Any) -> "Rows":
        """The rows at `index` (positions or a mask)."""
        return Rows(*(getattr(self, f.name)[index] for f in fields(self)))


def join(parts: list[Rows]) -> Rows:
    """Parts one after another."""
    return Rows(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Rows))
    )


def by_time(rows: Rows) -> Rows:
    """Rows in order of time."""
    return rows.take(np.argsort(rows.paid_at, kind="stable"))


def dictionary(
    codes: NDArray[np.int8], names: tuple[str, ...], *, gaps: bool = False
) -> pa.DictionaryArray:
    """Codes with names; with `gaps`, -1 becomes null."""
    indices = pa.array(codes, mask=codes < 0 if gaps else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names))


def _floats(values: NDArray[np.float32]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def to_table(
    rows: Rows,
    people: People,
    payment_id: NDArray[np.int64],
    action: NDArray[np.int8],
) -> pa.Table:
    """The rows as the company sees them."""
    country = people.merchants.country[rows.merchant]
    columns = [
        pa.array(payment_id),
        pa.array(rows.paid_at),
        pa.array(people.card_holder[rows.card]),
        pa.array(rows.card),
        pa.array(rows.merchant),
        pa.array(rows.device, mask=rows.device < 0),
        dictionary(rows.channel, CHANNELS),
        pa.array(rows.amount),
        dictionary(country, COUNTRIES),
        dictionary(rows.ip_country, COUNTRIES, gaps=True),
        _floats(rows.address_match),
        _floats(rows.ip_risk),
        dictionary(action, ACTIONS),
    ]
    return pa.Table.from_arrays(columns, schema=PAYMENTS)
