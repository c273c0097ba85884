"""The search case: a shop's engine in a small world that can be lived again."""

from .clicks import clicks_of, relative, table_of
from .policy import EnginePolicy, stock_last
from .town import Town, board, compare, per_shopper

__all__ = [
    "EnginePolicy",
    "Town",
    "board",
    "clicks_of",
    "compare",
    "per_shopper",
    "relative",
    "stock_last",
    "table_of",
]
