"""Video recommendation: recommend the next videos out of millions."""

from sevensteps.case import Case, ServiceFace

SERVICE = ServiceFace(
    port=8078,
    deadline_ms=150.0,
    path="/v1/pages",
    asks="pages",
    fallback="from a fallback",
)
CASE = Case(
    slug="video",
    world="VideoWorld",
    service=SERVICE,
    data=(("data", "data.report:run_offline"),),
    tables="impressions.csv",
)
