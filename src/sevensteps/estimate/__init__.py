"""Back-of-the-envelope arithmetic with units: capacity, queues, cost, Fermi drills."""

from sevensteps.estimate.capacity import (
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
from sevensteps.estimate.fermi import DRILLS, fermi_score
from sevensteps.estimate.queueing import machines_within, waiting
from sevensteps.estimate.units import Q, readable, tidy
