"""A reader's own documents, queries and judgements through the chapter's engine."""

from sevensteps.data.letor import run_offline as run_letor

from .report import run_offline
