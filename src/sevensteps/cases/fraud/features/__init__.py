"""Features that may only look back: offline, live and in the service, one answer.

What needs a database engine or a table checker is imported when it is first used: the
service needs neither, and starts seconds earlier without them.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .labels import Split, labels_as_of, split
from .live import LiveFeatures
from .names import (
    CARD_FEATURES,
    DEVICE_FEATURES,
    FEATURES,
    MERCHANT_FEATURES,
    NIGHTLY_FEATURES,
    NO_DEVICE,
    PAYMENT_FEATURES,
    STREAM_FEATURES,
)
from .nightly import nightly_merchants
from .single import Cardholder, Merchant, Payment, feature_vector, payment_features
from .windows import (
    card_features,
    device_features,
    merchant_features,
    stream_features,
    to_cents,
)

if TYPE_CHECKING:
    from .offline import feature_matrix, feature_tables, offline

_LAZY = {
    "feature_matrix": ".offline",
    "feature_tables": ".offline",
    "offline": ".offline",
}

__all__ = [
    "CARD_FEATURES",
    "DEVICE_FEATURES",
    "FEATURES",
    "MERCHANT_FEATURES",
    "NIGHTLY_FEATURES",
    "NO_DEVICE",
    "PAYMENT_FEATURES",
    "STREAM_FEATURES",
    "Cardholder",
    "LiveFeatures",
    "Merchant",
    "Payment",
    "Split",
    "card_features",
    "device_features",
    "feature_matrix",
    "feature_tables",
    "feature_vector",
    "labels_as_of",
    "merchant_features",
    "nightly_merchants",
    "offline",
    "payment_features",
    "split",
    "stream_features",
    "to_cents",
]


def __getattr__(name: str) -> Any:
    """Import what is wanted only now (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name], __name__), name)


class _Package(ModuleType):
    """Keeps `offline` the function, though a module of that name is imported late."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _LAZY and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
