"""Features that may only look back: offline, live and in the service, one answer."""

from .labels import Split, labels_as_of, split
from .live import LiveFeatures
from .names import (
    CARD_FEATURES,
    DEVICE_FEATURES,
    FEATURES,
    MERCHANT_FEATURES,
    NIGHTLY_FEATURES,
    PAYMENT_FEATURES,
    STREAM_FEATURES,
)
from .nightly import nightly_merchants
from .offline import feature_matrix, offline
from .single import Cardholder, Merchant, Payment, feature_vector

__all__ = [
    "CARD_FEATURES",
    "DEVICE_FEATURES",
    "FEATURES",
    "MERCHANT_FEATURES",
    "NIGHTLY_FEATURES",
    "PAYMENT_FEATURES",
    "STREAM_FEATURES",
    "Cardholder",
    "LiveFeatures",
    "Merchant",
    "Payment",
    "Split",
    "feature_matrix",
    "feature_vector",
    "labels_as_of",
    "nightly_merchants",
    "offline",
    "split",
]
