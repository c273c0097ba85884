"""Back-of-the-envelope arithmetic with units: capacity, queues, cost, Fermi drills."""

from .capacity import (
    Fleet,
    Load,
    capacity,
    fleet,
    machines,
    memory,
    monthly_cost,
    peak_rate,
    storage,
)
from .fermi import DRILLS, fermi_score
from .queueing import machines_within, waiting
from .units import Q, readable, tidy
