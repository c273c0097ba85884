"""Products within the deadline: by the ranker, or by what came in time instead."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sevensteps.cases.search.engine.documents import Ids
from sevensteps.cases.search.engine.query import Query
from sevensteps.cases.search.engine.understanding import Reading
from sevensteps.serve.app import App
from sevensteps.serve.cache import Remembered
from sevensteps.serve.config import BundleConfig
from sevensteps.serve.requests import validated
from sevensteps.serve.run import answer
from sevensteps.serve.service import Answer, Service
from sevensteps.serve.stages import Run, Stage
from sevensteps.serve.threads import one_core

from . import stages
from .asking import ProductsRequest, SearchQuery, SearchRequest, parse
from .live import Live
from .response import products, understood
from .stages import ByWords, ResultList
from .state import State

PATH = "/v1/search"
READ_S = 3_600.0  # how a query is read changes with the words only
STALE_S = 7 * 86_400.0  # from which on somebody should ask where the new products are


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig(BundleConfig):
    """Everything that the search needs, besides what all services do.

    Parameters
    ----------
    bundle : folder written by `export_search`
    remembers : answers that are kept; 0 keeps none
    keeps_s : seconds that one is believed
    """

    port: int = 8079
    deadline_ms: float = 200.0
    remembers: int = 10_000
    keeps_s: float = 60.0

    def __post_init__(self) -> None:
        BundleConfig.__post_init__(self)
        if self.remembers < 0 or self.keeps_s <= 0:
            raise ValueError("need remembers >= 0 and keeps_s above 0")


@dataclass(frozen=True, slots=True)
class Request:
    """A search, and the state that it began with."""

    asking: SearchQuery
    state: State


class Searches:
    """Everything behind `POST /v1/search`; a bundle that is not whole: `ModelError`."""

    def __init__(self, config: SearchConfig) -> None:
        self.config, self.live = config, Live(config.bundle)
        kept = config.remembers, config.keeps_s
        self.lists: Remembered[ResultList] = Remembered(*kept)
        self.readings: Remembered[Reading] = Remembered(config.remembers, READ_S)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """From a request to its list; whatever is late or broken is done without.

        Without the words' list an answer is worth much less, and over millions of
        products one of them in a hundred is slow.
        """
        return (
            Stage("understand", self._understand, 0.15, required=False),
            Stage("known", self._known, 0.15, required=False, ends=True),
            Stage("words", self._words, 0.5, required=False),
            Stage("meaning", self._meaning, 0.3, required=False),
            Stage("rank", self._rank, 0.5, required=False),
            Stage("nearest", self._nearest, 0.3, required=False),
            Stage("arrange", self._arrange, 0.3, required=False),
        )

    def parse(self, body: bytes) -> Request:
        """A body as a search of what there is now."""
        state = self.live.state
        return Request(parse(body, state.documents), state)

    def recall(self, request: Request) -> dict[str, Any] | None:
        """What was answered to the same words a moment ago."""
        reading = self.readings.get(request.asking.text, 0)
        listed = None if reading is None else self._remembered(request, reading)
        if reading is None or listed is None:
            return None
        more = {"source": self._source, "fallback": None, "cached": True}
        return self._told(request, reading, listed) | more

    def whole(self, run: Run) -> ResultList | None:
        """What the ranker made, or what is remembered of it."""
        found: ResultList | None = run.made.get("known") or run.made.get("arrange")
        return found

    def by_one(self, name: str, run: Run) -> ResultList | None:
        """One source's own order, if it found anything."""
        made = run.made.get(name)
        ids: Ids | None = made.ids if isinstance(made, ByWords) else made
        if ids is None or not (ids >= 0).any():
            return None
        state, query, filters = self._asked(run)
        relaxed = stages.relaxation(run.made.get("words"))
        return stages.arranged_list(state, query, filters, ids.ravel(), relaxed)

    def bestsellers(self, run: Run) -> ResultList:
        """What sells, when nothing was found in time."""
        return stages.popular_list(*self._asked(run))

    def told(self, answer: Answer) -> dict[str, Any]:
        """An answer as JSON has it."""
        run = answer.run
        told = self._told(run.request, self._reading(run), answer.value)
        return told | {"cached": "arrange" not in run.made and not run.missing}

    def add(self, body: bytes, came: float) -> dict[str, Any]:
        """Take in new products; they can be found once this is answered."""
        ids = self.live.add(validated(ProductsRequest, body).products, came)
        lag_ms = round(self.live.lag_s * 1e3, 3)
        version = self.live.state.version
        return {"product_ids": [*ids], "found_after_ms": lag_ms, "version": version}

    def problems(self) -> list[str]:
        """What does not work at the moment, besides the stages."""
        days = self.live.index_age_s / 86_400
        return [f"index: {days:.0f} days old"] if days > STALE_S / 86_400 else []

    def bundle(self) -> dict[str, Any]:
        """From what is answered."""
        return {
            "bundle": self.live.manifest["bundle"],
            "products": len(self.live.state.documents),
            "version": self.live.state.version,
            "index_age_s": round(self.live.index_age_s, 3),
        }

    def service(self) -> Service:
        """The search, as all services are described."""
        return Service(
            what="search",
            path=PATH,
            request=SearchRequest,
            parse=self.parse,
            stages=self.stages,
            answers={
                self._source: self.whole,
                "keywords": partial(self.by_one, "words"),
                "meaning": partial(self.by_one, "meaning"),
                "bestsellers": self.bestsellers,
            },
            told=self.told,
            bundle=self.bundle,
            deadline_ms=self.config.deadline_ms,
            threads=2,
            begin=one_core,
            recall=self.recall,
            changes={"/v1/products": self.add},
            labels=("relaxed",),
            gauges=self._gauges(),
            problems=self.problems,
            close=self.live.close,
        )

    def _gauges(self) -> dict[str, tuple[str, Callable[[], float]]]:
        live, lists = self.live, self.lists
        return {
            "cache_hits": ("Answers remembered", lambda: lists.hits),
            "cache_misses": ("Answers made", lambda: lists.misses),
            "products": ("That can be found", lambda: len(live.state.documents)),
            "index_age_seconds": ("Since it was new", lambda: live.index_age_s),
            "index_lag_seconds": ("Of the last new ones", lambda: live.lag_s),
        }

    @property
    def _source(self) -> str:
        return "ranked" if self.live.state.engine.ranker else "retrieved"

    def _remembered(self, request: Request, reading: Reading) -> ResultList | None:
        key = _key(reading, request)
        return self.lists.get(key, request.state.version)

    def _understand(self, run: Run) -> Reading:
        text, state = run.request.asking.text, run.request.state
        known = self.readings.get(text, 0)
        if known is None:
            known = state.engine.understanding.reading(text)
            self.readings.put(text, 0, known)
        return known

    def _known(self, run: Run) -> ResultList | None:
        reading = run.made.get("understand")
        return None if reading is None else self._remembered(run.request, reading)

    def _reading(self, run: Run) -> Reading:
        """How it was understood; or as it was typed, if that was not in time."""
        request, known = run.request, run.made.get("understand")
        known = known or run.made.get("as_typed")
        if known is None:
            known = self.readings.get(request.asking.text, 0)
            known = known or stages.word_for_word(request.state, request.asking.text)
            run.made["as_typed"] = known
        return known

    def _asked(self, run: Run) -> tuple[State, Query, Any]:
        request = run.request
        return request.state, self._reading(run).query, request.asking.filters

    def _words(self, run: Run) -> ByWords | None:
        state, query, filters = self._asked(run)
        if state.engine.keyword is None:
            return None
        return stages.by_words(state, query, filters)

    def _meaning(self, run: Run) -> Ids | None:
        state, query, filters = self._asked(run)
        if state.engine.dense is None:
            return None
        return stages.by_meaning(state, query, filters)

    def _rank(self, run: Run) -> Ids | None:
        state, query, _ = self._asked(run)
        lists = stages.lists_of(run.made.get("words"), run.made.get("meaning"))
        return stages.ranked(state, query, lists) if lists else None

    def _nearest(self, run: Run) -> Ids | None:
        """Of all products, if nothing that was found passes the filters."""
        ranked = run.made.get("rank")
        if ranked is None or len(ranked):
            return None
        return stages.nearest(*self._asked(run))

    def _arrange(self, run: Run) -> ResultList | None:
        ids, near = run.made.get("rank"), run.made.get("nearest")
        if ids is None or (not len(ids) and run.missing):
            return None
        relaxed = stages.relaxation(run.made.get("words"))
        if not len(ids) and near is not None:
            ids, relaxed = near, "by_meaning"
        listed = stages.arranged_list(*self._asked(run), ids, relaxed)
        if not run.missing:
            key = _key(self._reading(run), run.request)
            self.lists.put(key, run.request.state.version, listed)
        return listed

    def _told(
        self, request: Request, reading: Reading, listed: ResultList
    ) -> dict[str, Any]:
        asking, n = request.asking, len(listed.ids)
        first = (asking.page - 1) * asking.places
        page = listed.ids[first : first + asking.places]
        why = listed.why
        if not page and why is None:
            why = f"there are only {n} results; ask for an earlier page"
        return {
            "products": products(request.state, page),
            "page": asking.page,
            "found": n,
            "understood": understood(reading),
            "relaxed": listed.relaxed,
            "why": why,
            "version": request.state.version,
            "bundle": self.live.manifest["bundle"],
        }


def serve_search(config: SearchConfig) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish what was begun.

    Prints `listening on http://...` once it can be called.

    Raises
    ------
    ModelError
        if it must not start: the bundle is missing, damaged or does not fit together
    OSError
        if the port is taken
    """
    answer(App(Searches(config).service(), config))


def _key(reading: Reading, request: Request) -> Hashable:
    """What an answer depends on: the query as understood, not as typed."""
    return reading.query.terms, reading.query.attributes, request.asking.filters
