"""Videos, viewers and creators with known tastes: two million videos, 48 topics."""

from sevensteps.world import Arms

from . import incumbent, oracle, records
from .incumbent import BASKET, basket, explore
from .records import KINDS, SCALES, Policy, Slates
from .schema import COUNTRIES, DAY, LANGUAGES, MOST_PAGES, N_TOPICS, SCHEMA, SLATE
from .world import VideoWorld

# Where no other world is near, the short names.
History = records.VideoHistory
Incident = records.VideoIncident
Incumbent = incumbent.VideoIncumbent
Oracle = oracle.VideoOracle
Outcome = records.VideoOutcome
Pairs = records.UserItemPairs
Requests = records.PageRequests
Size = records.VideoSize
View = records.VideoView
