"""What a chapter says to its reader: claims, guesses, answers, recaps."""

from sevensteps.teach.claims import Claim, ClaimFailed, claim, claims
from sevensteps.teach.marks import record
from sevensteps.teach.predict import check, commit, recap, reveal
from sevensteps.teach.shipped import measured
