"""The service: a decision for each payment within its deadline, and its load test."""

from .config import ServiceConfig
from .errors import ModelError, StorageError, StoreError
from .export import export_model
from .load import LoadReport, closed_load, load
from .log import read_log
from .manifest import Manifest, Pricing
from .model import ModelServer
from .requests import PaymentRequest, requests_of
from .rules import Rules
from .run import Running, running_service, serve
from .store import (
    MemoryStore,
    OnlineStore,
    StoreInfo,
    build_store,
    open_store,
    refresh_merchants,
)
from .sustained import Sustained, sustained_rate, within

__all__ = [
    "LoadReport",
    "Manifest",
    "MemoryStore",
    "ModelError",
    "ModelServer",
    "OnlineStore",
    "PaymentRequest",
    "Pricing",
    "Rules",
    "Running",
    "ServiceConfig",
    "StorageError",
    "StoreError",
    "StoreInfo",
    "Sustained",
    "build_store",
    "closed_load",
    "export_model",
    "load",
    "open_store",
    "read_log",
    "refresh_merchants",
    "requests_of",
    "running_service",
    "serve",
    "sustained_rate",
    "within",
]
