"""The search as a service: products for a query, in time, never none without a word."""

from .bundle import export_search
from .reading import read_search
from .run import running_search, search_requests
from .searches import PATH, SearchConfig, Searches, serve_search
from .stages import popular
from .state import State

__all__ = [
    "PATH",
    "SearchConfig",
    "Searches",
    "State",
    "export_search",
    "popular",
    "read_search",
    "running_search",
    "search_requests",
    "serve_search",
]
