"""One page for one person, now: the stages of a service, in the policy's own code."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sevensteps.cases.video.world import SLATE
from sevensteps.rank.neighbours import Built
from sevensteps.serve.stages import Run, Stage, through

from .inputs import Shelf, inputs
from .items import Events, Floats, Ids, Items, Viewers
from .known import Known
from .pages import GONE, Layout, compose
from .ranking import OutcomeModel, Value
from .sources import Followed, Listed, Source, fresh, merged, popular
from .towers import Towers

ZERO = np.zeros(1, np.int32)  # the one user of a request
LISTED = 50  # videos on the list of a country


@dataclass(frozen=True)
class ServingSnapshot:
    """All that a service answers from until the next training run.

    Attributes
    ----------
    vector : (items, d) float32      of the item tower
    index : over the vectors; `probes` of its lists are read
    countries : (countries, LISTED) int32     what is popular in each
    shares : how many candidates each source may name
    """

    known: Known
    items: Items
    viewers: Viewers
    towers: Towers
    ranker: OutcomeModel
    value: Value
    vector: Floats
    index: Built
    countries: Ids
    shares: Mapping[str, int]
    probes: int = 64
    layout: Layout = field(default_factory=Layout)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a page.

    Attributes
    ----------
    user : -1, or an id that the morning does not know, for a stranger
    country, language : codes; of a known user those on file are taken
    recent : videos clicked since the morning, the latest first
    """

    user: int
    country: int = 0
    language: int = 0
    recent: tuple[int, ...] = ()


def popular_by_country(events: Events, viewers: Viewers, days: int = 7) -> Ids:
    """(countries, LISTED) videos with the most clicks of the last days, best first."""
    late = events.take(events.clicked & (events.day > events.day.max() - days))
    country = viewers.country[late.user]
    lists = np.full((int(viewers.country.max()) + 1, LISTED), -1, np.int32)
    for code in range(len(lists)):
        video, clicks = np.unique(late.item[country == code], return_counts=True)
        best = video[np.argsort(-clicks, kind="stable")[:LISTED]]
        lists[code, : len(best)] = best
    return lists


@dataclass
class Recommender:
    """A page for one request at a time, stage by stage.

    Parameters
    ----------
    morning : what to answer from
    remembers : user vectors kept for the next request; 0 keeps none
    """

    morning: ServingSnapshot
    remembers: int = 100_000
    hits: int = 0
    misses: int = 0

    def __post_init__(self) -> None:
        m = self.morning
        self._lists = {
            "popular": popular(m.known, m.items, m.viewers).lists,
            "fresh": fresh(m.known, m.items, m.viewers).lists,
        }
        self._followed = Followed.of(m.known, m.items)
        self._asks: OrderedDict[int, Floats] = OrderedDict()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """From a request to its page; offline and served alike."""
        return (
            Stage("features", lambda run: self._person(run.request)),
            Stage(
                "tower", lambda run: self._vector(run.request, *run.made["features"])
            ),
            Stage("search", lambda run: self._near(run.made["tower"])),
            Stage("lists", self._candidates),
            Stage("inputs", self._inputs),
            Stage("rank", lambda run: self._scores(run.made["inputs"])),
            Stage("compose", self._page),
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
        return self._unseen(known, run.made["search"][0]) or None

    def by_country(self, asking: Asking) -> list[int]:
        """What is popular where somebody is: no model, no index, never empty."""
        m, country = self.morning, asking.country
        if 0 <= asking.user < len(m.viewers):
            country = int(m.viewers.country[asking.user])
        listed = m.countries[country if country < len(m.countries) else 0]
        seen = set(asking.recent)
        return [int(v) for v in listed if v >= 0 and v not in seen][:SLATE]

    def _person(self, asking: Asking) -> tuple[Known, Viewers]:
        m, user = self.morning, asking.user
        if 0 <= user < len(m.viewers):
            v, one = m.viewers, slice(user, user + 1)
            own = v.language[one], v.country[one], v.device[one], v.joined[one]
            return m.known.alone(user, asking.recent), Viewers(*own)
        return m.known.alone(-1, asking.recent), Viewers(
            language=np.full(1, asking.language, np.int16),
            country=np.full(1, asking.country, np.int16),
            device=np.zeros(1, np.int16),
            joined=np.full(1, m.known.day, np.float32),
        )

    def _vector(self, asking: Asking, known: Known, viewers: Viewers) -> Floats:
        """(1, d), from the last request of a known user who clicked nothing since.

        What a stranger's vector depends on stands in the request, not under his id.
        """
        on_file = 0 <= asking.user < len(self.morning.viewers) and not asking.recent
        held = self._asks.get(asking.user) if on_file else None
        if held is not None:
            self.hits += 1
            return held
        self.misses += 1
        asks = self.morning.towers.of_users(known, viewers, self.morning.vector, ZERO)
        made = np.ascontiguousarray(asks[:, 0])
        if on_file and self.remembers:
            self._asks[asking.user] = made
            while len(self._asks) > self.remembers:
                self._asks.popitem(last=False)
        return made

    def _near(self, asks: Floats) -> Ids:
        m = self.morning
        return m.index.search(asks, m.shares.get("near", SLATE), m.probes)

    def _sources(self, known: Known, viewers: Viewers, near: Ids) -> dict[str, Source]:
        followed = Followed(known, self._followed.order, self._followed.start)
        made: dict[str, Source] = {"near": lambda user, k: near[:, :k]}
        for name, lists in self._lists.items():
            made[name] = Listed(lists, viewers.language)
        return made | {"followed": followed}

    def _unseen(self, known: Known, item: NDArray[np.integer]) -> list[int]:
        old = known.watched.has(ZERO, item) | (item < 0)
        return [int(v) for v in item[~old][:SLATE]]

    def _scores(self, x: Floats) -> Floats:
        return self.morning.value(self.morning.ranker(x))

    def _candidates(self, run: Run) -> Ids:
        known, viewers = run.made["features"]
        sources = self._sources(known, viewers, run.made["search"])
        return merged(sources, self.morning.shares, ZERO)

    def _inputs(self, run: Run) -> Floats:
        m, (known, viewers) = self.morning, run.made["features"]
        shelf = Shelf(m.items, viewers, known, m.vector, run.made["tower"])
        return inputs(shelf, ZERO, np.maximum(run.made["lists"], 0))[0]

    def _page(self, run: Run) -> list[int]:
        known, _ = run.made["features"]
        return self._composed(known, run.made["lists"][0], run.made["rank"])

    def _composed(self, known: Known, item: Ids, score: Floats) -> list[int]:
        m = self.morning
        old = known.watched.has(ZERO, item)
        score = np.where((item < 0) | old, GONE, score).astype(np.float32)
        safe = np.maximum(item, 0)
        parts = score[None], m.vector[safe][None], m.items.creator[safe][None]
        place = compose(m.layout, *parts)[0, 0]
        return [int(v) for v in item[place[place >= 0]]]
