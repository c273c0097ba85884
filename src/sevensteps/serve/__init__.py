"""What every service shares: its face, its guards, its ledger, and its load test."""

from .errors import ModelError, StorageError, StoreError
from .load import LoadReport, closed_load, load
from .sustained import Sustained, sustained_rate, within

__all__ = [
    "LoadReport",
    "ModelError",
    "StorageError",
    "StoreError",
    "Sustained",
    "closed_load",
    "load",
    "sustained_rate",
    "within",
]
