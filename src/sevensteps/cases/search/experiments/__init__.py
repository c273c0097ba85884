"""The search case: a shop's engine in a small world that can be lived again."""

from sevensteps.cases.search.experiments.clicks import (
    clicks_of,
    purchases_of,
    relative,
    table_of,
)
from sevensteps.cases.search.experiments.interleaved import (
    InterleavedPolicy,
    clicks_by_team,
)
from sevensteps.cases.search.experiments.kinds import KINDS, query_kinds
from sevensteps.cases.search.experiments.lab import Lab
from sevensteps.cases.search.experiments.lessons import (
    RANKS,
    ClickLesson,
    device_of,
    editors_lesson,
    harvested_by_device,
    needs_apart,
    needs_with_variants,
    other_needs,
    shown_to_editors,
)
from sevensteps.cases.search.experiments.memory import RememberingPolicy
from sevensteps.cases.search.experiments.policy import EnginePolicy, stock_last
from sevensteps.cases.search.experiments.town import Town, board, compare, per_shopper
from sevensteps.cases.search.experiments.trial import Answers, Drawn, Trial

__all__ = [
    "KINDS",
    "RANKS",
    "Answers",
    "ClickLesson",
    "Drawn",
    "EnginePolicy",
    "InterleavedPolicy",
    "Lab",
    "RememberingPolicy",
    "Town",
    "Trial",
    "board",
    "clicks_by_team",
    "clicks_of",
    "compare",
    "device_of",
    "editors_lesson",
    "harvested_by_device",
    "needs_apart",
    "needs_with_variants",
    "other_needs",
    "per_shopper",
    "purchases_of",
    "query_kinds",
    "relative",
    "shown_to_editors",
    "stock_last",
    "table_of",
]
