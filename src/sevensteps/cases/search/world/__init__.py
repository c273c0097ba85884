"""A shop's product search: 300 thousand products, a million searches, known grades."""

from sevensteps.world.disk import BrokenWorld

from .arms import Arms
from .editors import Editors
from .examine import position_chance
from .incumbent import Incumbent
from .oracle import Oracle
from .records import (
    KINDS,
    SCALES,
    History,
    Incident,
    Outcome,
    Pages,
    Policy,
    Requests,
    Size,
    View,
)
from .schema import DAY, DEVICES, INTENTS, MOST_SEARCHES, PLACES, SCHEMA, SEASONS
from .store import read_world
from .world import SearchWorld

__all__ = [
    "DAY",
    "DEVICES",
    "INTENTS",
    "KINDS",
    "MOST_SEARCHES",
    "PLACES",
    "SCALES",
    "SCHEMA",
    "SEASONS",
    "Arms",
    "BrokenWorld",
    "Editors",
    "History",
    "Incident",
    "Incumbent",
    "Oracle",
    "Outcome",
    "Pages",
    "Policy",
    "Requests",
    "SearchWorld",
    "Size",
    "View",
    "position_chance",
    "read_world",
]
