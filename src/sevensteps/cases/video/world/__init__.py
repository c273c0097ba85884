"""Videos, viewers and creators with known tastes: two million videos, 48 topics."""

from sevensteps.world.disk import BrokenWorld

from .arms import Arms
from .incumbent import BASKET, Incumbent, basket, explore
from .oracle import Oracle
from .pairs import Pairs
from .records import (
    KINDS,
    SCALES,
    History,
    Incident,
    Outcome,
    Policy,
    Requests,
    Size,
    Slates,
    View,
)
from .schema import COUNTRIES, DAY, LANGUAGES, MOST_PAGES, N_TOPICS, SCHEMA, SLATE
from .store import read_world
from .world import VideoWorld

__all__ = [
    "BASKET",
    "COUNTRIES",
    "DAY",
    "KINDS",
    "LANGUAGES",
    "MOST_PAGES",
    "N_TOPICS",
    "SCALES",
    "SCHEMA",
    "SLATE",
    "Arms",
    "BrokenWorld",
    "History",
    "Incident",
    "Incumbent",
    "Oracle",
    "Outcome",
    "Pairs",
    "Policy",
    "Requests",
    "Size",
    "Slates",
    "VideoWorld",
    "View",
    "basket",
    "explore",
    "read_world",
]
