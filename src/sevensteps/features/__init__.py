"""Features that may only look back: offline, live and in the service, one answer."""

from .checks import BadTable
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
from .offline import feature_tables, offline
from .readers import read_tables
from .single import (
    Cardholder,
    Merchant,
    Payment,
    feature_vector,
    payment_features,
)
from .windows import (
    card_features,
    device_features,
    merchant_features,
    stream_features,
    to_cents,
)

__all__ = [
    "CARD_FEATURES",
    "DEVICE_FEATURES",
    "FEATURES",
    "MERCHANT_FEATURES",
    "NIGHTLY_FEATURES",
    "NO_DEVICE",
    "PAYMENT_FEATURES",
    "STREAM_FEATURES",
    "BadTable",
    "Cardholder",
    "LiveFeatures",
    "Merchant",
    "Payment",
    "Split",
    "card_features",
    "device_features",
    "feature_tables",
    "feature_vector",
    "labels_as_of",
    "merchant_features",
    "nightly_merchants",
    "offline",
    "payment_features",
    "read_tables",
    "split",
    "stream_features",
    "to_cents",
]
