"""The recommender's HTTP face."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from starlette.exceptions import HTTPException

from ..http import (
    authorise,
    http_error,
    json_reply,
    read_body,
    refusal,
    request_id_of,
)
from ..metrics import BUCKETS_S
from ..requests import Rejected
from ..scoring import Ledger
from .asking import PageRequest
from .serving import Page, Pages, SlatesConfig


def create_app(config: SlatesConfig) -> FastAPI:
    """The recommender as an ASGI application.

    Returns
    -------
    FastAPI                   `POST /v1/pages` (with `X-API-Key`), `GET /health`,
                              `/ready`, `/metrics`, `/openapi.json`

    Raises
    ------
    ModelError
        if it must not start: the bundle is missing, damaged or skewed; says why
    """
    pages, metrics = Pages(config), PageMetrics()
    metrics.watch(pages)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        pages.close()

    app = FastAPI(
        title="Seven Steps: pages of videos",
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.pages = pages
    key, schema = config.api_key.encode(), PageRequest.model_json_schema()
    body = {"required": True, "content": {"application/json": {"schema": schema}}}

    async def page(request: Request) -> Response:
        """Ten videos for a person."""
        return await _answered(pages, metrics, key, request)

    app.post("/v1/pages", openapi_extra={"requestBody": body})(page)
    _add_probes(app, pages, metrics)
    app.add_exception_handler(HTTPException, http_error)
    return app


async def _answered(
    pages: Pages, metrics: PageMetrics, key: bytes, request: Request
) -> Response:
    ledger, request_id = Ledger(), request_id_of(request)
    try:
        authorise(request, key)
        page = await pages.page(await read_body(request), ledger)
    except Rejected as rejected:
        metrics.rejected(rejected.status, rejected.error)
        return refusal(rejected, request_id)
    elapsed_ms = ledger.elapsed_ms()
    metrics.answered(page, elapsed_ms)
    content = {
        "video_ids": page.video_ids,
        "source": page.source,
        "fallback": page.fallback,
        "model": pages.manifest["model"],
        "index": pages.manifest["index_of"],
        "request_id": request_id,
        "elapsed_ms": round(elapsed_ms, 3),
        "deadline_ms": pages.config.deadline_ms,
    }
    stages = [*page.stages.items(), ("total", elapsed_ms)]
    timing = ", ".join(f"{name};dur={ms:.3f}" for name, ms in stages)
    return json_reply(200, content, request_id, {"Server-Timing": timing})


def _add_probes(app: FastAPI, pages: Pages, metrics: PageMetrics) -> None:
    @app.get("/health")
    async def health() -> dict[str, str]:
        """The process is alive; nothing else is checked."""
        return {"status": "alive"}

    @app.get("/ready")
    async def ready() -> dict[str, Any]:
        """Whether it answers, and from what."""
        problems, told = pages.problems(), pages.manifest
        return {
            "status": "degraded" if problems else "ready",
            "problems": problems,
            **{key: told[key] for key in ("model", "towers", "index_of", "day")},
        }

    @app.get("/metrics")
    async def text() -> Response:
        """For Prometheus."""
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(metrics.text(), media_type=kind)


class PageMetrics:
    """What Prometheus is told of pages, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._pages = Counter(
            "sevensteps_pages",
            "Pages by source and reason of the fallback",
            ["source", "fallback"],
            registry=registry,
        )
        self._rejected = Counter(
            "sevensteps_page_requests_rejected",
            "Requests refused, by status and error",
            ["status", "error"],
            registry=registry,
        )
        self._stages = Histogram(
            "sevensteps_page_stage_seconds",
            "Time per stage of a page",
            ["stage"],
            buckets=BUCKETS_S,
            registry=registry,
        )

    def answered(self, page: Page, elapsed_ms: float) -> None:
        """Count a page and book its stages."""
        self._pages.labels(page.source, page.fallback or "none").inc()
        for stage, ms in [*page.stages.items(), ("total", elapsed_ms)]:
            self._stages.labels(stage).observe(max(ms, 0) / 1e3)

    def rejected(self, status: int, error: str) -> None:
        """Count a refusal."""
        self._rejected.labels(str(status), error).inc()

    def watch(self, pages: Pages) -> None:
        """Add gauges that look at the service when they are read."""
        recommender = pages.recommender
        readings = {
            "day": ("Morning that is served", lambda: pages.manifest["day"]),
            "vector_hits": ("User vectors remembered", lambda: recommender.hits),
            "vector_misses": ("User vectors made", lambda: recommender.misses),
            "in_flight": ("Pages being made", lambda: pages.in_flight),
            "open": ("1 if the model is turned away", lambda: pages.breaker.is_open),
        }
        for name, (meaning, read) in readings.items():
            gauge = Gauge(f"sevensteps_page_{name}", meaning, registry=self._registry)
            gauge.set_function(read)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)
