"""Drift, estimates before the labels, alarms on a budget, and the incident drill."""

from .alarms import Baseline, alarms, threshold
from .decay import half_life
from .drift import Reference, chi_square, ks_distance, psi
from .drill import Case, Drill, Drilled, drill, drill_with_twin, grouped
from .estimates import chargebacks_by_day, estimate_by_day, matured

__all__ = [
    "Baseline",
    "Case",
    "Drill",
    "Drilled",
    "Reference",
    "alarms",
    "chargebacks_by_day",
    "chi_square",
    "drill",
    "drill_with_twin",
    "estimate_by_day",
    "grouped",
    "half_life",
    "ks_distance",
    "matured",
    "psi",
    "threshold",
]
