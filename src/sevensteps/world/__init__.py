"""What every synthetic world shares; the truth of each is known."""

from .arms import Arms
from .days import (
    DayRecord,
    Evening,
    Incident,
    LoggedHistory,
    LoggedOutcome,
    LoggedSize,
    LoggedView,
    Progress,
    WorldPast,
    joined_days,
)
from .lived import LivedWorld
from .storage import BrokenFolder, FolderManifest, StorageError
from .streams import stream, uniforms, unit_streams
from .world import World
