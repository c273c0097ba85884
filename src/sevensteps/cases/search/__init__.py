"""The search case: a reader's own judgements and queries, in many public shapes."""

from .collections import Collection, read_collection

__all__ = ["Collection", "read_collection"]
