"""What every service shares: from its stages to its face, and its load test."""

from sevensteps.world import StorageError

from .errors import ModelError, ServiceError
from .load import LoadReport, closed_load, load, within

__all__ = [
    "LoadReport",
    "ModelError",
    "ServiceError",
    "StorageError",
    "closed_load",
    "load",
    "within",
]
