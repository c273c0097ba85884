"""The recommender's HTTP face."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from prometheus_client import Counter
from starlette.exceptions import HTTPException

from sevensteps.serve.http import (
    add_probes,
    authorise,
    http_error,
    json_reply,
    read_body,
    refusal,
    request_id_of,
    server_timing,
)
from sevensteps.serve.ledger import Ledger
from sevensteps.serve.metrics import RequestMetrics
from sevensteps.serve.requests import Rejected

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
    add_probes(app, lambda: _ready(pages), metrics.text)
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
    timing = server_timing(page.stages, elapsed_ms)
    return json_reply(200, content, request_id, timing)


def _ready(pages: Pages) -> dict[str, Any]:
    problems, told = pages.problems(), pages.manifest
    return {
        "status": "degraded" if problems else "ready",
        "problems": problems,
        **{key: told[key] for key in ("model", "towers", "index_of", "day")},
    }


class PageMetrics(RequestMetrics):
    """What Prometheus is told of pages."""

    def __init__(self) -> None:
        super().__init__("page")
        self._pages = Counter(
            "sevensteps_pages",
            "Pages by source and reason of the fallback",
            ["source", "fallback"],
            registry=self.registry,
        )

    def answered(self, page: Page, elapsed_ms: float) -> None:
        """Count a page and book its stages."""
        self._pages.labels(page.source, page.fallback or "none").inc()
        self.timed(page.stages, elapsed_ms)

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
        self.gauges(readings)
