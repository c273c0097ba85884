"""A payment as a caller may send it."""

from collections.abc import Iterator
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from sevensteps.serve.requests import Strict

Id = Annotated[int, Field(ge=0, le=2**31 - 1)]
Share = Annotated[float, Field(ge=0, le=1)]
Country = Annotated[str, Field(min_length=1, max_length=32)]


class PaymentRequest(Strict):
    """A payment that waits for its decision."""

    payment_id: Annotated[int, Field(ge=0, le=2**63 - 1)]
    paid_at: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="seconds since the world began")
    ]
    card_id: Id
    merchant_id: Id
    channel: Literal["chip", "contactless", "online"] | None
    amount: Annotated[float, Field(gt=0, le=1_000_000, description="euros")]
    country: Country | None
    device_id: Id | None = None
    ip_country: Country | None = None
    address_match: Share | None = None
    ip_risk: Share | None = None


FIELDS = tuple(PaymentRequest.model_fields)


def requests_of(payments: pa.Table, n: int | None = None) -> list[bytes]:
    """The bodies with which a table's payments are sent to the service.

    Parameters
    ----------
    payments : a table with the payments columns; others are left out
    n : how many; the first ones, or all

    Returns
    -------
    list of JSON bodies, in the table's order

    Raises
    ------
    ValueError
        if the table has fewer than `n` payments
    """
    wanted = payments.num_rows if n is None else n
    if wanted > payments.num_rows:
        raise ValueError(
            f"the table has {payments.num_rows} payments, not {wanted}: a payment sent "
            "twice would be answered from memory. Take a longer table"
        )
    return [row.model_dump_json().encode() for row in _rows(payments.slice(0, wanted))]


def _rows(payments: pa.Table) -> Iterator[PaymentRequest]:
    columns = [payments[name].to_pylist() for name in FIELDS]
    for values in zip(*columns, strict=True):
        yield PaymentRequest.model_construct(**dict(zip(FIELDS, values, strict=True)))
