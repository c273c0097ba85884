"""Drift, estimates before the labels, alarms on a budget, and who noticed what."""

from .alarms import Baseline, max_by_monitor, threshold
from .decay import half_life
from .detection import Detection, detect
from .drift import DriftReference, psi
from .estimates import expected_by_day, reports_by_day

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
