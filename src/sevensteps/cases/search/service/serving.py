"""An answer within the deadline: by the ranker, or by what came in time instead."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

from sevensteps.cases.search.engine.filters import Filters
from sevensteps.cases.search.engine.understanding import Reading
from sevensteps.serve.guard import Unavailable
from sevensteps.serve.ledger import Ledger

from . import stages
from .asking import Asking, parse
from .cache import Remembered
from .config import SearchConfig
from .live import Live
from .pipeline import Pipeline
from .stages import Listed
from .state import State

READ_S = 3_600.0  # how a query is read changes with the words only
STALE_S = 7 * 86_400.0  # from which on somebody should ask where the new products are


@dataclass(frozen=True)
class Answer:
    """What is told of one search.

    Attributes
    ----------
    reading : how it was understood, or what was typed if that was not to be had
    state : from which it was answered
    cached : whether the list was remembered
    stages : milliseconds
    """

    asking: Asking
    listed: Listed
    reading: Reading
    state: State
    cached: bool
    stages: dict[str, float]

    @cached_property
    def page(self) -> tuple[int, ...]:
        """The products of the page that was asked for."""
        first = (self.asking.page - 1) * self.asking.places
        return self.listed.ids[first : first + self.asking.places]

    @property
    def why(self) -> str | None:
        """Of an empty page."""
        if self.page or self.listed.why:
            return self.listed.why
        return f"there are only {len(self.listed.ids)} results; ask for an earlier page"


class Searches:
    """Everything behind `POST /v1/search`.

    Raises
    ------
    ModelError                if the bundle must not be served; says why
    """

    def __init__(self, config: SearchConfig) -> None:
        self.config = config
        self.live = Live(config.bundle, config.synonyms, config.changes)
        self.pipeline = Pipeline(config.deadline_ms, self._drill)
        self.lists: Remembered[Listed] = Remembered(config.remembers, config.keeps_s)
        self.readings: Remembered[Reading] = Remembered(config.remembers, READ_S)
        self.in_flight = 0

    async def search(self, body: bytes, ledger: Ledger) -> Answer:
        """Answer one request.

        Raises
        ------
        Rejected              if it is no request
        """
        state = self.live.state
        asking = parse(body, state.documents)
        ledger.lap("parse")
        crowded = self.in_flight >= self.config.max_in_flight
        self.in_flight += 1
        try:
            return await self._answer(state, asking, ledger, crowded)
        finally:
            self.in_flight -= 1

    async def _answer(
        self, state: State, asking: Asking, ledger: Ledger, crowded: bool
    ) -> Answer:
        reading, why = await self._read(state, asking.text, ledger, crowded)
        key, filters = _key(reading, asking.filters), asking.filters
        listed = self.lists.get(key, state.version)
        cached = listed is not None
        if listed is None and crowded:
            listed = stages.popular_list(state, reading.query, filters, "overload")
        elif listed is None:
            listed = await self.pipeline.found(state, reading.query, filters, ledger)
            if listed.fallback is None and why is None:
                self.lists.put(key, state.version, listed)
        _book_wait(ledger)
        listed = replace(listed, fallback=listed.fallback or why)
        return Answer(asking, listed, reading, state, cached, ledger.stages)

    async def _read(
        self, state: State, text: str, ledger: Ledger, crowded: bool
    ) -> tuple[Reading, str | None]:
        """How a query is understood; or as it was typed, and why no better.

        In a crowd it is only understood if it was so before.
        """
        known = self.readings.get(text, state.reads)
        if known is not None:
            return known, None
        if crowded:
            return stages.word_for_word(state, text), "overload"
        try:
            known = await self.pipeline.read(state, text, ledger)
        except Unavailable as failed:
            return stages.word_for_word(state, text), failed.reason
        self.readings.put(text, state.reads, known)
        return known, None

    def _drill(self, stage: str) -> None:
        """A stage that is slow on purpose."""
        if stage == self.config.slow_stage:
            time.sleep(self.config.slow_ms / 1e3)

    @property
    def index_age_s(self) -> float:
        """Since the bundle was written, or products came in."""
        return time.time() - self.live.changed_at

    def problems(self) -> list[str]:
        """What does not work at the moment; empty when all is well."""
        found = self.pipeline.problems()
        if self.live.synonyms_error:
            found.append(f"synonyms: refused, {self.live.synonyms_error}")
        if self.live.journal is not None and self.live.journal.problem:
            found.append(f"changes: {self.live.journal.problem}")
        if self.index_age_s > STALE_S:
            found.append(f"index: {self.index_age_s / 86_400:.0f} days old")
        return found

    def close(self) -> None:
        """Finish what was begun."""
        self.pipeline.close()
        self.live.close()


def _key(reading: Reading, filters: Filters) -> Hashable:
    """What an answer depends on: the query as understood, not as typed."""
    return reading.query.terms, reading.query.attributes, filters


def _book_wait(ledger: Ledger) -> None:
    """What no stage took: threads that were not free, and the way between them."""
    told = ledger.stages
    beside = min(told.get("words", 0.0), told.get("meaning", 0.0))
    spent = sum(told.values()) - beside  # those two run side by side
    told["wait"] = max(0.0, ledger.elapsed_ms() - spent)
