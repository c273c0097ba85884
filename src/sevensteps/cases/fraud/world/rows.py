"""Payments as NumPy columns, their ids and their fine uniforms."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.world.arrays import take

from .rng import Codes, Doubles, Floats, Ids, Keys, Longs

ID_BITS = 47
NUMBER_BITS = 24  # of a raw id: a payment's number within its day
_MASK = np.uint64((1 << ID_BITS) - 1)
_ODD_1, _ODD_2 = np.uint64(0x9E3779B97F4B), np.uint64(0xD6E8FEB86659)
_DEVICE_MASK = np.uint32(0x7FFFFFFF)


def payment_ids(future: int, day: int, number: Longs) -> Longs:
    """The ids of a day's payments, the same under any policy.

    They are scrambled one to one, so that an id tells nothing of its origin.
    """
    day_bits = np.int64((future << (ID_BITS - 8)) | (day << NUMBER_BITS))
    x = (number | day_bits).astype(np.uint64)
    x *= _ODD_1
    x &= _MASK
    x ^= x >> np.uint64(23)
    x *= _ODD_2
    x &= _MASK
    x ^= x >> np.uint64(25)
    return x.view(np.int64)


def opaque_device(raw: NDArray[Any]) -> Ids:
    """Scramble 31-bit device numbers one to one, so that no bit tells of a thief."""
    x = raw.astype(np.uint32)
    for odd in (np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)):
        x *= odd
        x &= _DEVICE_MASK
        x ^= x >> np.uint32(15)
    return x.view(np.int32)


def fine_uniforms(key: Keys, purpose: int) -> Doubles:
    """Uniforms in [0, 1), one per row and purpose, the same under every policy."""
    x = key ^ (key >> np.uint64(31))
    x = x * np.uint64(0xBF58476D1CE4E5B9 + 2 * 0x9E3779B97F4A7C * purpose)
    x ^= x >> np.uint64(29)
    x *= np.uint64(0x94D049BB133111EB)
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53


@dataclass(slots=True)
class PaymentRows:
    """Columns of payments; missing is -1 for codes and ids, NaN for floats."""

    payment_id: Longs
    paid_at: Ids
    card: Ids
    merchant: Ids
    device: Ids
    channel: Codes
    amount: Floats  # as the feed shows it
    charged: Floats  # as the money moved
    ip_country: Codes
    address_match: Floats
    ip_risk: Floats
    random_key: Keys  # of the random numbers that follow a decision
    method: Codes
    campaign: Ids

    def __len__(self) -> int:
        return len(self.paid_at)


def blank(random_key: Keys) -> PaymentRows:
    """Honest payments of which nothing but their key is known yet."""
    n = len(random_key)
    amount = np.zeros(n, np.float32)
    return PaymentRows(
        payment_id=np.zeros(n, np.int64),
        paid_at=np.zeros(n, np.int32),
        card=np.zeros(n, np.int32),
        merchant=np.zeros(n, np.int32),
        device=np.full(n, -1, np.int32),
        channel=np.zeros(n, np.int8),
        amount=amount,
        charged=amount,
        ip_country=np.full(n, -1, np.int8),
        address_match=np.full(n, np.nan, np.float32),
        ip_risk=np.full(n, np.nan, np.float32),
        random_key=random_key,
        method=np.zeros(n, np.int8),
        campaign=np.full(n, -1, np.int32),
    )


def by_time(rows: PaymentRows) -> PaymentRows:
    """Rows in order of time; within a second by id, which tells nothing."""
    return take(rows, np.lexsort((rows.payment_id, rows.paid_at)))
