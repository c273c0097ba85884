"""The recommender as a service: ten videos for a person, in time, never none."""

from .bundle import export_morning, read_morning
from .pages import (
    PATH,
    PagesConfig,
    page_requests,
    running_pages,
    serve_pages,
    service_of,
)
