"""Decisions as a service: each payment within its deadline, and remembered."""

from .decisions import (
    PATH,
    Decider,
    DecisionsConfig,
    running_service,
    serve_decisions,
)
from .errors import NoStore, StoreError
from .export import export_model
from .log import read_log
from .manifest import Manifest, Pricing
from .model import ModelServer
from .requests import PaymentRequest, requests_of
from .rules import Rules
from .store import (
    MemoryStore,
    OnlineStore,
    StoreInfo,
    build_store,
    open_store,
    refresh_merchants,
)

__all__ = [
    "PATH",
    "Decider",
    "DecisionsConfig",
    "Manifest",
    "MemoryStore",
    "ModelServer",
    "NoStore",
    "OnlineStore",
    "PaymentRequest",
    "Pricing",
    "Rules",
    "StoreError",
    "StoreInfo",
    "build_store",
    "export_model",
    "open_store",
    "read_log",
    "refresh_merchants",
    "requests_of",
    "running_service",
    "serve_decisions",
]
