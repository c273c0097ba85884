"""The search case: a simulated shop, offline evaluation, training sets, a drill."""

from .clicks import clicks_of, device_of, harvested_by_device, table_of
from .drill import incident_drill
from .evaluation import (
    KINDS,
    GradedLists,
    OfflineEvaluation,
    QuerySample,
    query_kinds,
)
from .policies import InterleavedPolicy, RememberingPolicy, clicks_by_team
from .simulation import SearchSimulation, stock_last
from .training import (
    RANKS,
    ClickTrainingSet,
    judged_by_editors,
    needs_apart,
    needs_with_variants,
    other_needs,
    shown_to_editors,
)
