"""The stages behind guards: what is late or broken is done without, and it is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from sevensteps.cases.search.engine.documents import Ids
from sevensteps.cases.search.engine.filters import Filters
from sevensteps.cases.search.engine.query import Query
from sevensteps.cases.search.engine.understanding import Reading
from sevensteps.serve.guard import Guard, Unavailable
from sevensteps.serve.ledger import Ledger
from sevensteps.serve.threads import one_core

from . import stages
from .stages import ByWords, Listed
from .state import State

T = TypeVar("T")
WORK_SHARE = 0.85  # of the deadline; the rest is for the fallback and the way back
#: What a stage may take of the deadline, by itself. Without the words' list an answer
#: is worth much less, and over millions of products one of them in a hundred is slow. A
#: source that hangs is given up at 0.65 at the latest: 0.2 are left for ranking.
SHARES = {"understand": 0.15, "words": 0.5, "meaning": 0.3, "rank": 0.5}


class Pipeline:
    """Understand, retrieve, rank and arrange, within a deadline.

    Parameters
    ----------
    deadline_ms : of a request
    hook : called with each stage that begins, on the stage's own thread, for drills
    """

    def __init__(self, deadline_ms: float, hook: Callable[[str], None]) -> None:
        self.work_ms, self.hook = WORK_SHARE * deadline_ms, hook
        self.guards = {
            name: Guard(name, share * deadline_ms, begin=one_core)
            for name, share in SHARES.items()
        }

    async def read(self, state: State, text: str, ledger: Ledger) -> Reading:
        """How a query is understood.

        Raises
        ------
        Unavailable           if that is late or broken
        """
        read = partial(state.engine.understanding.reading, text)
        return await self._ask("understand", ledger, read)

    async def found(
        self, state: State, query: Query, filters: Filters, ledger: Ledger
    ) -> Listed:
        """The whole way, or as much of it as works."""
        words, near, why = await self._retrieved(state, query, filters, ledger)
        lists = stages.lists_of(words, near)
        if not lists:
            return stages.popular_list(state, query, filters, why or "words_down")
        relaxed = stages.relaxation(words)
        try:
            ids = await self._ranked(state, query, lists, ledger)
            if not len(ids):
                nearest = partial(stages.nearest, state, query, filters)
                ids = await self._ask("meaning", ledger, nearest)
                relaxed = "by_meaning"
            if len(ids) or why is None:
                return stages.arranged_list(state, query, filters, ids, relaxed, why)
        except Unavailable as failed:
            why = failed.reason
        return stages.plain_list(state, query, filters, lists, relaxed, why)

    async def _ranked(
        self, state: State, query: Query, lists: dict[str, Ids], ledger: Ledger
    ) -> Ids:
        rank = partial(stages.ranked, state, query, lists)
        return await self._ask("rank", ledger, rank)

    async def _retrieved(
        self, state: State, query: Query, filters: Filters, ledger: Ledger
    ) -> tuple[ByWords | None, Ids | None, str | None]:
        """Both lists at the same time, and why one is missing."""
        sources = {
            "words": (state.engine.keyword, stages.by_words),
            "meaning": (state.engine.dense, stages.by_meaning),
        }
        asks: list[Coroutine[Any, Any, Any]] = [
            _absent()
            if index is None
            else self._ask(name, ledger, partial(stage, state, query, filters))
            for name, (index, stage) in sources.items()
        ]
        told: list[Any] = await asyncio.gather(*asks, return_exceptions=True)
        failed = [each for each in told if isinstance(each, Unavailable)]
        words, near = (None if isinstance(e, Unavailable) else e for e in told)
        return words, near, failed[0].reason if failed else None

    async def _ask(self, name: str, ledger: Ledger, work: Callable[[], T]) -> T:
        """One stage's answer; booked is its own time, or how long it was waited for."""

        def stage() -> T:
            self.hook(name)
            return work()

        began = ledger.elapsed_ms()
        try:
            made, ms = await self.guards[name].call(self.work_ms - began, stage)
        except Unavailable as failed:
            if failed.reason != f"{name}_down":  # then nobody waited for it
                _book(ledger, name, ledger.elapsed_ms() - began)
            raise
        _book(ledger, name, ms)
        return made

    def problems(self) -> list[str]:
        """Stages that are turned away at the moment."""
        return [
            f"{n}: circuit open" for n, g in self.guards.items() if g.breaker.is_open
        ]

    def close(self) -> None:
        """Finish what was begun."""
        for guard in self.guards.values():
            guard.close()


def _book(ledger: Ledger, name: str, ms: float) -> None:
    """A stage may be asked twice."""
    ledger.stages[name] = ledger.stages.get(name, 0.0) + ms


async def _absent() -> None:
    """Of a source that the engine does not have."""
