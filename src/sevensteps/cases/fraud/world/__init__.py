"""Card payments with known thieves: ten million in seconds, at 0.01 % fraud.

>>> from sevensteps.cases.fraud.world import PaymentsWorld
>>> world = PaymentsWorld(scale="smoke", seed=7)
>>> log = world.history(days=2)
>>> "true_is_fraud" in log.payments.column_names
False
"""

from sevensteps.world.disk import BrokenWorld

from .records import (
    KINDS,
    SCALES,
    Costs,
    History,
    Incident,
    Kind,
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
from .shelf import read_manifest, read_truth, read_world, verify
from .world import PaymentsWorld

__all__ = [
    "ACTIONS",
    "CATEGORIES",
    "CHANNELS",
    "COUNTRIES",
    "DAY",
    "EPOCH",
    "KINDS",
    "METHODS",
    "SCALES",
    "SCHEMA",
    "Action",
    "BrokenWorld",
    "Costs",
    "History",
    "Incident",
    "Kind",
    "Outcome",
    "PaymentsWorld",
    "Policy",
    "Size",
    "View",
    "codes_or_values",
    "read_manifest",
    "read_truth",
    "read_world",
    "verify",
]
