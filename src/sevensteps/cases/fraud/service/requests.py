"""A payment as a caller may send it."""

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


def requests_of(payments: pa.Table) -> list[bytes]:
    """The bodies with which a table's payments are sent to the service, in its order.

    Columns that no request has are left out.
    """
    rows = payments.select([*PaymentRequest.model_fields]).to_pylist()
    made = (PaymentRequest.model_construct(**row) for row in rows)
    return [request.model_dump_json().encode() for request in made]
