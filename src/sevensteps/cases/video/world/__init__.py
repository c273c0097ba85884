"""Videos, viewers and creators with known tastes: two million videos, 48 topics."""

from sevensteps.world import Arms

from .incumbent import BASKET, basket, explore
from .incumbent import VideoIncumbent as Incumbent
from .oracle import VideoOracle as Oracle
from .pairs import UserItemPairs as Pairs
from .records import (
    KINDS,
    SCALES,
    Policy,
    Slates,
)
from .records import (
    PageRequests as Requests,
)
from .records import (
    VideoHistory as History,
)
from .records import (
    VideoIncident as Incident,
)
from .records import (
    VideoOutcome as Outcome,
)
from .records import (
    VideoSize as Size,
)
from .records import (
    VideoView as View,
)
from .schema import COUNTRIES, DAY, LANGUAGES, MOST_PAGES, N_TOPICS, SCHEMA, SLATE
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
]
