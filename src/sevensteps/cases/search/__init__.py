"""The search case: a shop's engine in a small world that can be lived again."""

from .clicks import clicks_of, purchases_of, relative, table_of
from .interleaved import InterleavedPolicy, clicks_by_team
from .kinds import KINDS, query_kinds
from .lab import Lab
from .lessons import (
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
from .memory import RememberingPolicy
from .policy import EnginePolicy, stock_last
from .town import Town, board, compare, per_shopper
from .trial import Answers, Drawn, Trial

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
