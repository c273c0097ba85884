"""Decisions as a service: each payment within its deadline, and remembered."""

from .config import ServiceConfig
from .export import export_model
from .log import read_log
from .manifest import Manifest, Pricing
from .model import ModelServer
from .requests import PaymentRequest, requests_of
from .rules import Rules
from .run import PATH, Running, running_service, serve
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
    "Manifest",
    "MemoryStore",
    "ModelServer",
    "OnlineStore",
    "PaymentRequest",
    "Pricing",
    "Rules",
    "Running",
    "ServiceConfig",
    "StoreInfo",
    "build_store",
    "export_model",
    "open_store",
    "read_log",
    "refresh_merchants",
    "requests_of",
    "running_service",
    "serve",
]
