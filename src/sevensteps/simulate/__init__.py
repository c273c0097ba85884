"""Policies in a simulated world: counterfactual runs, scoreboards, incident drills."""

from .drill import DrillReport, IncidentDrill, Monitors
from .retraining import Calendar
from .simulation import UNIT_BLOCKS, Simulation, mean_over_units, parallel_map
