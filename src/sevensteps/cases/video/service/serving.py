"""A page within the deadline: by the model, by the search alone, or by the country."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sevensteps.cases.video.recommender.online import Job, Recommender
from sevensteps.serve.breaker import Breaker
from sevensteps.serve.ledger import Ledger
from sevensteps.serve.threads import one_core

from .asking import parse
from .bundle import read_manifest, read_morning

WORK_SHARE = 0.8  # of the deadline; the rest is for the fallback and the way back
THREADS = 2
SCHEDULES = ("queue", "done")


@dataclass(frozen=True, slots=True)
class SlatesConfig:
    """Everything that the recommender needs.

    Parameters
    ----------
    bundle : folder written by `export_morning`
    api_key : what callers send as `X-API-Key`
    deadline_ms : within which every page is answered
    remembers : user vectors that are kept; 0 keeps none
    max_in_flight : beyond so many at once the country's list answers at once
    slow_stage, slow_ms : a stage that sleeps, for drills
    allow_skew : serve an index that other towers made, for drills
    """

    bundle: Path
    api_key: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8078
    deadline_ms: float = 150.0
    remembers: int = 100_000
    max_in_flight: int = 24
    slow_stage: str = ""
    slow_ms: float = 0.0
    allow_skew: bool = False

    def __post_init__(self) -> None:
        if len(self.api_key) < 16:
            raise ValueError("api_key needs at least 16 characters")
        if not 1 <= self.deadline_ms <= 60_000:
            raise ValueError(
                f"deadline_ms must lie in 1..60000; got {self.deadline_ms}"
            )
        if not 0 <= self.port <= 65_535 or self.remembers < 0 or self.max_in_flight < 1:
            raise ValueError(
                "need a port in 0..65535, remembers >= 0, max_in_flight >= 1"
            )


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: what is shown, who chose it, and why not the model."""

    video_ids: list[int]
    source: str  # model, retrieval or country
    fallback: str | None
    stages: dict[str, float]


class Pages:
    """Everything behind `POST /v1/pages`.

    Raises
    ------
    ModelError
        if the bundle must not be served; says why
    """

    def __init__(self, config: SlatesConfig) -> None:
        self.config = config
        self.manifest: dict[str, Any] = read_manifest(config.bundle)
        morning = read_morning(config.bundle, allow_skew=config.allow_skew)
        self.recommender = Recommender(morning, config.remembers, self._drill)
        self.breaker = Breaker()
        self.in_flight = 0
        self.sources: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(THREADS, "page", one_core)

    async def page(self, body: bytes, ledger: Ledger) -> Page:
        """Answer one request.

        Raises
        ------
        Rejected
            if it is no request
        """
        asking = parse(body, len(self.recommender.morning.items))
        ledger.lap("parse")
        job, why = Job(asking), None
        self.in_flight += 1
        try:
            if self.in_flight > self.config.max_in_flight:
                why = "overload"
            elif not self.breaker.allows():
                why = "down"
            else:
                return await self._by_model(job, ledger)
        except TimeoutError:
            why = self._late(job)
        except Exception as error:  # whatever breaks, a page is answered
            self.breaker.failed()
            why = f"{job.at}_{type(error).__name__}"
        finally:
            self.in_flight -= 1
        return self._fallback(job, why, ledger)

    async def _by_model(self, job: Job, ledger: Ledger) -> Page:
        budget_s = (WORK_SHARE * self.config.deadline_ms - ledger.elapsed_ms()) / 1e3
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(max(0.0, budget_s)):
            made = await loop.run_in_executor(self._pool, self.recommender.page, job)
        self.breaker.succeeded()
        ledger.lap("wait")
        stages = {k: v for k, v in job.laps.items() if k not in SCHEDULES}
        ledger.stages |= stages
        ledger.stages["wait"] -= sum(stages.values())
        return self._told(Page(made, "model", None, ledger.stages))

    def _late(self, job: Job) -> str:
        if job.at == "queue":  # nobody's fault but the load's
            return "overload"
        self.breaker.failed()
        return f"{job.at}_late"

    def _fallback(self, job: Job, why: str, ledger: Ledger) -> Page:
        """The search's own order, if it came that far; else the country's list."""
        ledger.lap("wait")
        found = job.found
        source = "retrieval" if found else "country"
        made = found or self.recommender.by_country(job.asking)
        ledger.lap("fallback")
        return self._told(Page(made, source, why, ledger.stages))

    def _told(self, page: Page) -> Page:
        self.sources[page.source] += 1
        return page

    def _drill(self, stage: str) -> None:
        """A stage that is slow on purpose."""
        if stage == self.config.slow_stage:
            time.sleep(self.config.slow_ms / 1e3)

    def problems(self) -> list[str]:
        """What does not work at the moment; empty when all is well."""
        found = []
        if self.breaker.is_open:
            found.append("model: circuit open, the country's list answers")
        if self.manifest["index_of"] != self.manifest["towers"]:
            found.append("index: made by other towers")
        return found

    def close(self) -> None:
        """Finish what was begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)
