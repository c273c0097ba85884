"""What every service shares: from its stages to its face, and its load test."""

from sevensteps.world import StorageError

from .bundle import ModelError, ServiceError
from .load import LoadReport, closed_load, load, within
