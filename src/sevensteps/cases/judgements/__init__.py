"""A reader's own judgements and queries, in many public shapes."""

from .collections import Collection, read_collection
from .trial import Outcome, Trial, trial

__all__ = ["Collection", "Outcome", "Trial", "read_collection", "trial"]
