"""What every synthetic world shares; the truth of each is known."""

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
from .storage import BrokenFolder, FolderManifest, StorageError
from .streams import Arms, stream, uniforms, unit_streams
from .world import LivedWorld, World
