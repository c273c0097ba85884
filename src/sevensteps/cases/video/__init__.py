"""The video case: a reader's own interaction logs."""

from .logs import Log, read_log
from .trial import Trial, trial

__all__ = ["Log", "Trial", "read_log", "trial"]
