"""A shop's product search: 300 thousand products, a million searches, known grades."""

from .incumbent import SearchIncumbent as Incumbent
from .oracle import SearchOracle as Oracle
from .pages import examination_probability
from .records import DAY, DEVICES, INTENTS, KINDS, PLACES, SEASONS, Policy
from .records import ResultPages as Pages
from .records import SearchHistory as History
from .records import SearchIncident as Incident
from .records import SearchOutcome as Outcome
from .records import SearchRequests as Requests
from .records import SearchSize as Size
from .records import SearchView as View
from .world import SearchWorld
