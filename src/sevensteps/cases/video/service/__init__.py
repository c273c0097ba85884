"""The recommender as a service: ten videos for a person, in time, never none."""

from .bundle import export_morning, read_morning
from .pages import PATH, PROGRAM, PagesConfig, page_requests, service_of

running_pages = PROGRAM.running
