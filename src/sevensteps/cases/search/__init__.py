"""The search case: a shop's engine in a small world that can be lived again."""

from .clicks import clicks_of, relative, table_of
from .interleaved import InterleavedPolicy, clicks_by_team
from .policy import EnginePolicy, stock_last
from .town import Town, board, compare, per_shopper

__all__ = [
    "EnginePolicy",
    "InterleavedPolicy",
    "Town",
    "board",
    "clicks_by_team",
    "clicks_of",
    "compare",
    "per_shopper",
    "relative",
    "stock_last",
    "table_of",
]
