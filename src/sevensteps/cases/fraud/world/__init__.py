"""Card payments with known thieves: ten million in seconds, at 0.01 % fraud.

>>> from sevensteps.cases.fraud.world import PaymentsWorld
>>> world = PaymentsWorld(scale="smoke", seed=7)
>>> log = world.history(days=2)
>>> "true_is_fraud" in log.payments.column_names
False
"""

from sevensteps.world.arrays import codes_or_values

from .consequences import incumbent_rule
from .schema import CATEGORIES, COUNTRIES, DAY, KINDS, METHODS, SCHEMA, Action, Costs
from .schema import PaymentsHistory as History
from .schema import PaymentsIncident as Incident
from .schema import PaymentsOutcome as Outcome
from .schema import PaymentsSize as Size
from .schema import PaymentsView as View
from .world import PaymentsWorld
