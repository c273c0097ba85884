"""What a chapter says to its reader: claims, guesses, answers, recaps."""

from .chapters import measured
from .claims import Claim, ClaimFailed, check, claim, claims, commit, recap, reveal
from .marks import record
