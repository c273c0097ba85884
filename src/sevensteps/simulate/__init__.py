"""Policies in a simulated world: counterfactual runs, scoreboards, incident drills."""

from .drill import DrillReport, IncidentDrill, Monitors
from .simulation import UNIT_BLOCKS, Calendar, Simulation, mean_over_units, parallel_map
