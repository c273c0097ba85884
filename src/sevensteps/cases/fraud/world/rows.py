"""Payments as NumPy columns: the form in which the world makes and changes them."""

from dataclasses import dataclass

import numpy as np

from sevensteps.world.arrays import take

from .rng import Codes, Floats, Ids, Keys, Longs


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
