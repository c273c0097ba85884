"""Products within the deadline: by the ranker, or by what came in time instead."""

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sevensteps.cases.search import SERVICE
from sevensteps.cases.search.engine.engine import Filters
from sevensteps.cases.search.engine.query import Query, Reading
from sevensteps.cases.search.engine.shop import QueryLog
from sevensteps.rank.text import Ids
from sevensteps.serve.config import BundleConfig
from sevensteps.serve.requests import validated
from sevensteps.serve.run import Program, one_core
from sevensteps.serve.service import Answer, Service
from sevensteps.serve.stages import Gauges, Remembered, Run, Stage

from . import stages
from .requests import Asked, ProductsRequest, SearchRequest, page, parse
from .stages import ByWords, Live, ResultList, State

PATH = SERVICE.path
READ_S = 3_600.0  # how a query is read changes with the words only


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig(BundleConfig):
    """What the search needs besides: a bundle, which `export_search` wrote."""

    port: int = SERVICE.port
    deadline_ms: float = SERVICE.deadline_ms
    remembers: int = 10_000  # answers that are kept, a minute each; 0 keeps none

    def __post_init__(self) -> None:
        BundleConfig.__post_init__(self)
        if self.remembers < 0:
            raise ValueError(f"remembers must be at least 0; got {self.remembers}")


class Searches:
    """Everything behind `POST /v1/search`; a bundle that is not whole: `ModelError`."""

    def __init__(self, config: SearchConfig) -> None:
        self.config, self.live, n = config, Live(config.bundle), config.remembers
        self.lists: Remembered[ResultList] = Remembered(n)
        self.readings: Remembered[Reading] = Remembered(n, READ_S)
        self._source = "ranked" if self.live.state.engine.ranker else "retrieved"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """From a request to its list; whatever is late or broken is done without.

        The words may take longest: without their list an answer is worth much less, and
        over millions of products one of them in a hundred is slow.
        """
        return (
            Stage("understand", self._understand, 0.15, required=False),
            Stage("known", self._known, 0.15, required=False, ends=True),
            Stage("words", self._found_by(stages.by_words), 0.5, required=False),
            Stage("meaning", self._found_by(stages.by_meaning), 0.3, required=False),
            Stage("rank", self._rank, 0.5, required=False),
            Stage("nearest", self._nearest, 0.3, required=False),
            Stage("arrange", self._arrange, 0.3, required=False),
        )

    def service(self) -> Service:
        """The search, as all services are described."""
        return Service(
            what="search",
            path=PATH,
            request=SearchRequest,
            parse=lambda body: parse(body, self.live.state),
            stages=self.stages,
            answers={
                self._source: lambda run: (
                    run.made.get("known") or run.made.get("arrange")
                ),
                "keywords": partial(self._by_one, "words"),
                "meaning": partial(self._by_one, "meaning"),
                "bestsellers": self._bestsellers,
            },
            told=self._told,
            bundle=self._bundle,
            deadline_ms=self.config.deadline_ms,
            threads=2,
            begin=one_core,
            recall=self._recall,
            changes={"/v1/products": self._add},
            labels=("relaxed",),
            gauges=self._gauges(),
            close=self.live.close,
        )

    def _gauges(self) -> Gauges:
        live, lists = self.live, self.lists
        return {
            "cache_hits": ("Answers remembered", lambda: lists.hits),
            "cache_misses": ("Answers made", lambda: lists.misses),
            "products": ("That can be found", lambda: len(live.state.documents)),
            "index_age_seconds": ("Since it was new", lambda: live.index_age_s),
            "index_lag_seconds": ("Of the last new ones", lambda: live.lag_s),
        }

    def _understand(self, run: Run) -> Reading:
        text = run.request.text
        known = self.readings.get(text, 0)
        if known is None:
            known = run.request.state.engine.understanding.reading(text)
            self.readings.put(text, 0, known)
        return known

    def _known(self, run: Run) -> ResultList | None:
        return self._remembered(run.made.get("understand"), run.request)

    def _remembered(self, reading: Reading | None, asked: Asked) -> ResultList | None:
        if reading is None:
            return None
        return self.lists.get(_key(reading, asked), asked.state.version)

    def _found_by(self, source: Callable[..., Any]) -> Callable[[Run], Any]:
        return lambda run: source(*self._asked(run))

    def _rank(self, run: Run) -> Ids | None:
        state, query, _ = self._asked(run)
        words, near = run.made.get("words"), run.made.get("meaning")
        lists = {"keyword": words and words.ids, "dense": near}
        found = {name: ids for name, ids in lists.items() if ids is not None}
        return stages.ranked(state, query, found) if found else None

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
        relaxed = _relaxed(run)
        if not len(ids) and near is not None:
            ids, relaxed = near, "by_meaning"
        listed = stages.arranged_list(*self._asked(run), ids, relaxed)
        if not run.missing:
            asked = run.request
            self.lists.put(_key(self._reading(run), asked), asked.state.version, listed)
        return listed

    def _by_one(self, name: str, run: Run) -> ResultList | None:
        """One source's own order, if it found anything."""
        made = run.made.get(name)
        ids: Ids | None = made.ids if isinstance(made, ByWords) else made
        if ids is None or not (ids >= 0).any():
            return None
        return stages.arranged_list(*self._asked(run), ids.ravel(), _relaxed(run))

    def _bestsellers(self, run: Run) -> ResultList:
        """What sells, when nothing was found in time."""
        asked = self._asked(run)
        listed = stages.arranged_list(*asked, stages.popular(*asked), None)
        if listed.why is None:
            return listed
        return replace(listed, why=f"the search is not available, and {listed.why}")

    def _reading(self, run: Run) -> Reading:
        """How it was understood; or as it was typed, if that was not in time."""
        known = run.made.get("understand") or run.made.get("as_typed")
        if known is None:
            text, state = run.request.text, run.request.state
            known = self.readings.get(text, 0) or stages.word_for_word(state, text)
            run.made["as_typed"] = known
        return known

    def _asked(self, run: Run) -> tuple[State, Query, Filters]:
        return run.request.state, self._reading(run).query, run.request.filters

    def _recall(self, asked: Asked) -> dict[str, Any] | None:
        """What was answered to the same words a moment ago."""
        reading = self.readings.get(asked.text, 0)
        listed = self._remembered(reading, asked)
        if reading is None or listed is None:
            return None
        more = {"source": self._source, "fallback": None, "cached": True}
        return page(asked, reading, listed, self.live.bundle) | more

    def _told(self, answer: Answer) -> dict[str, Any]:
        run, bundle = answer.run, self.live.bundle
        told = page(run.request, self._reading(run), answer.value, bundle)
        return told | {"cached": "arrange" not in run.made and not run.missing}

    def _add(self, body: bytes, came: float) -> dict[str, Any]:
        """Take in new products; they can be found once this is answered."""
        ids = self.live.add(validated(ProductsRequest, body).products, came)
        return {
            "product_ids": [*ids],
            "found_after_ms": round(self.live.lag_s * 1e3, 3),
            "version": self.live.state.version,
        }

    def _bundle(self) -> dict[str, Any]:
        """From what is answered."""
        return {
            "bundle": self.live.bundle,
            "products": len(self.live.state.documents),
            "version": self.live.state.version,
            "index_age_s": round(self.live.index_age_s, 3),
        }


PROGRAM = Program(__package__, SearchConfig, lambda config: Searches(config).service())


def search_requests(asked: QueryLog, n: int, *, seed: int = 0) -> list[bytes]:
    """Bodies with a log's queries, each as likely as it was frequent."""
    rng = np.random.default_rng([seed, 40])
    weight = asked.times.astype(np.float64)
    rows = rng.choice(len(weight), n, p=weight / weight.sum())
    return [json.dumps({"query": asked.text[row]}).encode() for row in rows]


def _key(reading: Reading, asked: Asked) -> Hashable:
    """What an answer depends on: the query as understood, not as typed."""
    return reading.query.terms, reading.query.attributes, asked.filters


def _relaxed(run: Run) -> str | None:
    words = run.made.get("words")
    return None if words is None else words.relaxed
