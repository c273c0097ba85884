"""The search as a service: products for a query, in time, never none without a word."""

from .bundle import export_search, read_search
from .searches import PATH, PROGRAM, SearchConfig, Searches, search_requests
from .stages import State, popular

running_search = PROGRAM.running
