"""Features that may only look back: offline, live and in the service, one answer."""

from .live import LiveFeatures, nightly_merchants
from .offline import feature_matrix, offline
from .single import FEATURES, NIGHTLY_FEATURES
