"""What a chapter says to its reader: claims, guesses, answers, recaps."""

from sevensteps.teach.claims import Claim, ClaimFailed, claim, claims
from sevensteps.teach.marks import record
from sevensteps.teach.predict import check, commit, recap, reveal
from sevensteps.teach.shipped import measured

__all__ = [
    "Claim",
    "ClaimFailed",
    "check",
    "claim",
    "claims",
    "commit",
    "measured",
    "recap",
    "record",
    "reveal",
]
