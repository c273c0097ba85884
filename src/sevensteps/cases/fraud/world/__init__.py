"""Card payments with known thieves: ten million in seconds, at 0.01 % fraud.

>>> from sevensteps.cases.fraud.world import PaymentsWorld
>>> world = PaymentsWorld(scale="smoke", seed=7)
>>> log = world.history(days=2)
>>> "true_is_fraud" in log.payments.column_names
False
"""

from sevensteps.world.arrays import codes_or_values

from .incumbent import incumbent_rule
from .kinds import CATEGORIES, METHODS
from .records import KINDS, Costs, Policy
from .records import PaymentsHistory as History
from .records import PaymentsIncident as Incident
from .records import PaymentsOutcome as Outcome
from .records import PaymentsSize as Size
from .records import PaymentsView as View
from .schema import COUNTRIES, DAY, SCHEMA, Action
from .world import PaymentsWorld
