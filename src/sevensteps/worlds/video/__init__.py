"""Videos, viewers and creators with known tastes: two million videos, sixty topics."""

from .incumbent import Incumbent
from .records import SCALES, History, Outcome, Policy, Requests, Size, Slates, View
from .schema import DAY, SCHEMA, SLATE
from .world import VideoWorld

__all__ = [
    "DAY",
    "SCALES",
    "SCHEMA",
    "SLATE",
    "History",
    "Incumbent",
    "Outcome",
    "Policy",
    "Requests",
    "Size",
    "Slates",
    "VideoWorld",
    "View",
]
