"""What a chapter says to its reader: claims, guesses, answers, recaps."""

from sevensteps.teach.chapters import measured
from sevensteps.teach.claims import (
    Claim,
    ClaimFailed,
    check,
    claim,
    claims,
    commit,
    recap,
    reveal,
)
from sevensteps.teach.marks import record
