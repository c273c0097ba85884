"""Card payments with known thieves: ten million in seconds, at 0.01 % fraud.

>>> from sevensteps.worlds.payments import PaymentsWorld
>>> world = PaymentsWorld(scale="smoke", seed=7)
>>> log = world.history(days=2)
>>> "true_is_fraud" in log.payments.column_names
False
"""

from .records import (
    SCALES,
    Costs,
    History,
    Incident,
    Outcome,
    Policy,
    Size,
    View,
    codes_or_values,
)
from .schema import (
    ACTIONS,
    CATEGORIES,
    CHANNELS,
    COUNTRIES,
    DAY,
    EPOCH,
    METHODS,
    SCHEMA,
    Action,
)
from .world import PaymentsWorld

__all__ = [
    "ACTIONS",
    "CATEGORIES",
    "CHANNELS",
    "COUNTRIES",
    "DAY",
    "EPOCH",
    "METHODS",
    "SCALES",
    "SCHEMA",
    "Action",
    "Costs",
    "History",
    "Incident",
    "Outcome",
    "PaymentsWorld",
    "Policy",
    "Size",
    "View",
    "codes_or_values",
]
