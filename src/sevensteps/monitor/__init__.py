"""Drift, estimates before the labels, alarms on a budget, and who noticed what."""

from .detection import Baseline, Detection, detect, max_by_monitor, threshold
from .drift import DriftReference, psi
from .estimates import expected_by_day, half_life, reports_by_day

__all__ = [
    "Baseline",
    "Detection",
    "DriftReference",
    "detect",
    "expected_by_day",
    "half_life",
    "max_by_monitor",
    "psi",
    "reports_by_day",
    "threshold",
]
