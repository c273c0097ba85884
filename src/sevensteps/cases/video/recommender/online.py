"""One page for one person, now: the stages of a service, in the policy's own code."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sevensteps.rank.neighbours import Built
from sevensteps.serve.stages import Run, Stage, through
from sevensteps.world.arrays import take

from ..world import SLATE
from .inputs import Shelf, Towers, inputs
from .items import Events, Floats, Ids, Items, Viewers
from .known import Known
from .pages import Layout, pages_of
from .ranking import OutcomeModel, Value
from .sources import Followed, Source, fresh, merged, popular

ZERO = np.zeros(1, np.int32)  # the one user of a request
LISTED = 50  # videos on the list of a country


@dataclass(frozen=True)
class ServingSnapshot:
    """All that a service answers from until the next training run."""

    known: Known
    items: Items
    viewers: Viewers
    towers: Towers
    ranker: OutcomeModel
    value: Value
    vector: Floats  # (items, d) of the item tower
    index: Built  # over the vectors; `probes` of its lists are read
    countries: Ids  # (countries, LISTED) what is popular in each
    shares: Mapping[str, int]  # how many candidates each source may name
    probes: int = 64
    layout: Layout = field(default_factory=Layout)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a page. Of a known user, country and language on file are taken."""

    user: int  # -1, or an id that the morning does not know, for a stranger
    country: int = 0
    language: int = 0
    recent: tuple[int, ...] = ()  # clicked since the morning, the latest first


def popular_by_country(events: Events, viewers: Viewers) -> Ids:
    """(countries, LISTED) videos with the most clicks of the last week, best first."""
    late = events.take(events.clicked & (events.day > events.day.max() - 7))
    country = viewers.country[late.user]
    lists = np.full((int(viewers.country.max()) + 1, LISTED), -1, np.int32)
    for code in range(len(lists)):
        video, clicks = np.unique(late.item[country == code], return_counts=True)
        best = video[np.argsort(-clicks, kind="stable")[:LISTED]]
        lists[code, : len(best)] = best
    return lists


@dataclass
class Recommender:
    """A page for one request at a time, stage by stage."""

    morning: ServingSnapshot
    remembers: int = 100_000  # user vectors kept for the next request
    hits: int = 0
    misses: int = 0

    def __post_init__(self) -> None:
        m = self.morning
        self._popular = popular(m.known, m.items, m.viewers)
        self._fresh = fresh(m.known, m.items, m.viewers)
        self._followed = Followed.of(m.known, m.items)
        self._asks: OrderedDict[int, Floats] = OrderedDict()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """From a request to its page; offline and served alike."""
        return (
            Stage("features", self._features),
            Stage("tower", self._tower),
            Stage("search", self._search),
            Stage("lists", self._lists),
            Stage("inputs", self._inputs),
            Stage("rank", self._rank),
            Stage("compose", self._compose),
        )

    def page(self, asking: Asking) -> list[int]:
        """SLATE videos, best first."""
        made: list[int] = through(self.stages, asking).made["compose"]
        return made

    def by_search(self, run: Run) -> list[int] | None:
        """The order of the search alone, if it came that far and found anything."""
        if "search" not in run.made:
            return None
        known, _ = run.made["features"]
        item = run.made["search"][0]
        old = known.watched.has(ZERO, item) | (item < 0)
        return [int(v) for v in item[~old][:SLATE]] or None

    def by_country(self, asking: Asking) -> list[int]:
        """What is popular where somebody is: no model, no index, never empty."""
        m, country = self.morning, asking.country
        if self._on_file(asking):
            country = int(m.viewers.country[asking.user])
        listed = m.countries[country if country < len(m.countries) else 0]
        seen = set(asking.recent)
        return [int(v) for v in listed if v >= 0 and v not in seen][:SLATE]

    def _on_file(self, asking: Asking) -> bool:
        return 0 <= asking.user < len(self.morning.viewers)

    def _features(self, run: Run) -> tuple[Known, Viewers]:
        """What is known of the person, who becomes user 0."""
        m, asking = self.morning, run.request
        if self._on_file(asking):
            own = take(m.viewers, slice(asking.user, asking.user + 1))
            return m.known.alone(asking.user, asking.recent), own
        return m.known.alone(-1, asking.recent), Viewers(
            language=np.full(1, asking.language, np.int16),
            country=np.full(1, asking.country, np.int16),
            device=np.zeros(1, np.int16),
            joined=np.full(1, m.known.day, np.float32),
        )

    def _tower(self, run: Run) -> Floats:
        """(1, d), from the last request of a known user who clicked nothing since.

        What a stranger's vector depends on stands in the request, not under his id.
        """
        m, asking = self.morning, run.request
        lasting = self._on_file(asking) and not asking.recent
        held = self._asks.get(asking.user) if lasting else None
        if held is not None:
            self.hits += 1
            return held
        self.misses += 1
        known, viewers = run.made["features"]
        asks = m.towers.of_users(known, viewers, m.vector, ZERO)
        made = np.ascontiguousarray(asks[:, 0])
        if lasting and self.remembers:
            self._asks[asking.user] = made
            while len(self._asks) > self.remembers:
                self._asks.popitem(last=False)
        return made

    def _search(self, run: Run) -> Ids:
        m = self.morning
        return m.index.search(run.made["tower"], m.shares.get("near", SLATE), m.probes)

    def _lists(self, run: Run) -> Ids:
        """(1, k) candidates of all sources."""
        known, viewers = run.made["features"]
        near = run.made["search"]
        sources: dict[str, Source] = {
            "near": lambda user, k: near[:, :k],
            "popular": replace(self._popular, language=viewers.language),
            "fresh": replace(self._fresh, language=viewers.language),
            "followed": replace(self._followed, known=known),
        }
        return merged(sources, self.morning.shares, ZERO)

    def _shelf(self, run: Run) -> Shelf:
        m, (known, viewers) = self.morning, run.made["features"]
        return Shelf(m.items, viewers, known, m.vector, run.made["tower"])

    def _inputs(self, run: Run) -> Floats:
        return inputs(self._shelf(run), ZERO, np.maximum(run.made["lists"], 0))[0]

    def _rank(self, run: Run) -> Floats:
        return self.morning.value(self.morning.ranker(run.made["inputs"]))

    def _compose(self, run: Run) -> list[int]:
        found, score = run.made["lists"], run.made["rank"][None]
        page = pages_of(self.morning.layout, self._shelf(run), ZERO, found, score)[0, 0]
        return [int(v) for v in page[page >= 0]]
