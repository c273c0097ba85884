"""The search case: a simulated shop, offline evaluation, training sets, a drill."""

from .clicks import clicks_of, purchases_of, table_of
from .drill import incident_drill
from .evaluation import GradedLists, OfflineEvaluation, QuerySample
from .interleaved import InterleavedPolicy, clicks_by_team
from .kinds import KINDS, query_kinds
from .memory import RememberingPolicy
from .policy import EnginePolicy, stock_last
from .simulation import SearchSimulation
from .training_sets import (
    RANKS,
    ClickTrainingSet,
    device_of,
    harvested_by_device,
    judged_by_editors,
    needs_apart,
    needs_with_variants,
    other_needs,
    shown_to_editors,
)

__all__ = [
    "KINDS",
    "RANKS",
    "ClickTrainingSet",
    "EnginePolicy",
    "GradedLists",
    "InterleavedPolicy",
    "OfflineEvaluation",
    "QuerySample",
    "RememberingPolicy",
    "SearchSimulation",
    "clicks_by_team",
    "clicks_of",
    "device_of",
    "harvested_by_device",
    "incident_drill",
    "judged_by_editors",
    "needs_apart",
    "needs_with_variants",
    "other_needs",
    "purchases_of",
    "query_kinds",
    "shown_to_editors",
    "stock_last",
    "table_of",
]
