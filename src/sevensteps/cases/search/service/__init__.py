"""The search as a service: products for a query, in time, never none without a word."""

from .bundle import export_search, read_search
from .live import State
from .searches import (
    PATH,
    SearchConfig,
    Searches,
    running_search,
    search_requests,
    serve_search,
)
from .stages import popular
