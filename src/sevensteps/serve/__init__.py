"""The service: a decision for each payment within its deadline, and its load test."""

from .errors import ModelError, StorageError, StoreError
from .export import export_model
from .manifest import Manifest, Thresholds
from .model import ModelServer

__all__ = [
    "Manifest",
    "ModelError",
    "ModelServer",
    "StorageError",
    "StoreError",
    "Thresholds",
    "export_model",
]
