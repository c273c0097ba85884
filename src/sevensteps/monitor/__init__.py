"""Drift, estimates before the labels, alarms on a budget, and who noticed what."""

from .detection import Baseline, Detection, detect, max_by_monitor, threshold
from .drift import DriftReference, expected_by_day, half_life, psi, reports_by_day
