"""The search case: a simulated shop, offline evaluation, training sets, a drill."""

from .drill import incident_drill
from .evaluation import (
    KINDS,
    GradedLists,
    OfflineEvaluation,
    QuerySample,
    query_kinds,
)
from .simulation import (
    InterleavedPolicy,
    RememberingPolicy,
    SearchSimulation,
    clicks_by_team,
    device_of,
    stock_last,
    table_of,
)
from .training import (
    RANKS,
    ClickTrainingSet,
    clicks_of,
    harvested_by_device,
    judged_by_editors,
    needs_apart,
    needs_with_variants,
    other_needs,
    shown_to_editors,
)
