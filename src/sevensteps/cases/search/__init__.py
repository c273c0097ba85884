"""Search ranking: rank a shop's results for a query."""

from sevensteps.case import Case, ServiceFace

SERVICE = ServiceFace(
    port=8079,
    deadline_ms=200.0,
    path="/v1/search",
    asks="searches",
    fallback="from a fallback",
)
CASE = Case(
    slug="search",
    world="SearchWorld",
    service=SERVICE,
    data=(("data", "data:run_offline"), ("letor", "data:letor.run_offline")),
    tables="documents, queries and judgements",
)
