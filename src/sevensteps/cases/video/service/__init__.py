"""The recommender as a service: ten videos for a person, in time, never none."""

from .bundle import export_morning, read_morning
from .run import PATH, RunningPages, page_requests, running_pages, serve_pages
from .serving import SlatesConfig

__all__ = [
    "PATH",
    "RunningPages",
    "SlatesConfig",
    "export_morning",
    "page_requests",
    "read_morning",
    "running_pages",
    "serve_pages",
]
