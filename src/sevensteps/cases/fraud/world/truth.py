"""What only the world knows, kept sparse until somebody asks."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.columns import dictionary

from .calendar import new_phone, travellers
from .people import People
from .records import PaymentsIncident
from .rows import PaymentRows
from .schema import METHODS, TRUTH


@dataclass(frozen=True, slots=True)
class Secrets:
    """One day's truth: which payments are stolen, who travels, whose phone is new."""

    n: int
    stolen: NDArray[np.int64]
    method: NDArray[np.int8]
    campaign: NDArray[np.int32]
    card: NDArray[np.int32]
    paid_at: NDArray[np.int32]
    travelling: NDArray[np.bool_]  # (n,)
    new_device: NDArray[np.bool_]  # (n,)

    @classmethod
    def of(
        cls,
        rows: PaymentRows,
        people: People,
        seed: int,
        day: int,
        incidents: tuple[PaymentsIncident, ...],
    ) -> "Secrets":
        """Collect a day's secrets from its rows."""
        at = np.flatnonzero(rows.method > 0)
        holder = people.card_holder[rows.card]
        return cls(
            n=len(rows),
            stolen=at,
            method=rows.method[at],
            campaign=rows.campaign[at],
            card=rows.card[at],
            paid_at=rows.paid_at[at],
            travelling=travellers(people, seed, day, incidents)[holder] > 0,
            new_device=new_phone(people, day)[holder],
        )


Spans = tuple[NDArray[np.int32], NDArray[np.int32]]


def theft_spans(
    card: NDArray[np.int32],
    paid_at: NDArray[np.int32],
    n_cards: int,
    before: Spans | None = None,
) -> Spans:
    """The first and the last theft from each card; first > last where there is none.

    `before` are the spans of earlier days, if they count, too.
    """
    first = np.full(n_cards, np.iinfo(np.int32).max, np.int32)
    last = np.full(n_cards, -1, np.int32)
    if before is not None:
        first, last = before[0].copy(), before[1].copy()
    np.minimum.at(first, card, paid_at)
    np.maximum.at(last, card, paid_at)
    return first, last


def spans_of(
    secrets: list[Secrets], n_cards: int, before: Spans | None = None
) -> Spans:
    """The spans of theft over these days; friendly fraud compromises nobody."""
    none = np.empty(0, np.int32)
    method = np.concatenate([none, *(s.method for s in secrets)])
    stolen = method != METHODS.index("friendly")
    card = np.concatenate([none, *(s.card for s in secrets)])[stolen]
    paid_at = np.concatenate([none, *(s.paid_at for s in secrets)])[stolen]
    return theft_spans(card, paid_at, n_cards, before)


def truth_table(payments: pa.Table, secrets: list[Secrets], spans: Spans) -> pa.Table:
    """One row per payment; see `schema.TRUTH`.

    A payment is compromised if it lies between the first and the last theft from its
    card, both included.

    Raises
    ------
    ValueError
        if the payments are not those of the secrets
    """
    counts = np.array([s.n for s in secrets])
    if counts.sum() != payments.num_rows:
        raise ValueError(
            f"this world made {counts.sum():,} payments, the history holds "
            f"{payments.num_rows:,}: ask the world that made it"
        )
    offset = np.cumsum(counts) - counts
    at = np.concatenate([s.stolen + o for s, o in zip(secrets, offset, strict=True)])
    method = np.zeros(payments.num_rows, np.int8)
    campaign = np.full(payments.num_rows, -1, np.int32)
    method[at] = np.concatenate([s.method for s in secrets])
    campaign[at] = np.concatenate([s.campaign for s in secrets])
    (first, last), card = spans, payments["card_id"].to_numpy()
    paid_at = payments["paid_at"].to_numpy()
    columns = [
        payments["payment_id"].combine_chunks(),
        pa.array(method > 0),
        dictionary(method, METHODS),
        pa.array(campaign),
        pa.array(np.concatenate([s.travelling for s in secrets])),
        pa.array(np.concatenate([s.new_device for s in secrets])),
        pa.array((paid_at >= first[card]) & (paid_at <= last[card])),
    ]
    return pa.Table.from_arrays(columns, schema=TRUTH)
