"""Video recommendation: recommend the next videos out of millions."""

from sevensteps.case import Case, ServiceFace

CASE = Case(
    slug="video",
    world="VideoWorld",
    service=ServiceFace(
        port=8078,
        deadline_ms=150.0,
        path="/v1/pages",
        asks="pages",
        fallback="from a fallback",
    ),
    data=(("data", "data.report:run_offline"),),
    tables="impressions.csv",
)
