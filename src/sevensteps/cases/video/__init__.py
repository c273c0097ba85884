"""The video case: a town to try policies in, and a reader's own interaction logs."""

from .logs import Log, read_log
from .retraining import Retraining
from .town import Town, Truth, board, mean_of, per_person
from .trial import Trial, trial

__all__ = [
    "Log",
    "Retraining",
    "Town",
    "Trial",
    "Truth",
    "board",
    "mean_of",
    "per_person",
    "read_log",
    "trial",
]
