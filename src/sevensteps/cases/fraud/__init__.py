"""Fraud detection: decide, while the customer waits, whether to approve a payment."""

from sevensteps.case import Case, ServiceFace

SERVICE = ServiceFace(
    port=8077,
    deadline_ms=50.0,
    path="/v1/decisions",
    asks="payments",
    fallback="by the rules",
)
CASE = Case(
    slug="fraud",
    world="PaymentsWorld",
    service=SERVICE,
    data=(("data", "data.report:run_offline"),),
    tables="payments.csv",
)
