"""The search's HTTP face."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from prometheus_client import Counter
from starlette.exceptions import HTTPException

from sevensteps.serve.errors import StorageError
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
from sevensteps.serve.requests import Rejected, validated

from .asking import ProductsRequest, RulesRequest, SearchRequest, StockRequest
from .config import SearchConfig
from .serving import Answer, Searches
from .telling import told

LARGE_BODY = 4_000_000  # bytes of an administrator's request: a thousand products
Work = Callable[[Searches, bytes, float], dict[str, Any]]


def create_app(config: SearchConfig) -> FastAPI:
    """The search as an ASGI application.

    Returns
    -------
    FastAPI                   `POST /v1/search` and, for administrators, `/v1/stock`,
                              `/v1/products`, `/v1/synonyms`, `/v1/rules` (all with
                              `X-API-Key`); `GET /health`, `/ready`, `/metrics`,
                              `/openapi.json`

    Raises
    ------
    ModelError
        if it must not start: the bundle is missing, damaged or does not fit together,
        or the changes are of another one
    StorageError
        if changes cannot be kept where they should be
    """
    searches, metrics = Searches(config), SearchMetrics()
    metrics.watch(searches)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        searches.close()

    app = FastAPI(
        title="Seven Steps: search",
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.searches = searches
    schema = SearchRequest.model_json_schema(
        ref_template="#/components/schemas/{model}"
    )
    body = {"required": True, "content": {"application/json": {"schema": schema}}}

    async def search(request: Request) -> Response:
        """Products for a query."""
        return await _replied(searches, metrics, request, _searched)

    app.post("/v1/search", openapi_extra={"requestBody": body})(search)
    for path, work in CHANGES.items():
        _add_change(app, path, work, searches, metrics)
    add_probes(app, lambda: _ready(searches), metrics.text)
    app.add_exception_handler(HTTPException, http_error)
    return app


Reply = Callable[[Searches, "SearchMetrics", Request, str], Awaitable[Response]]


async def _replied(
    searches: Searches, metrics: SearchMetrics, request: Request, reply: Reply
) -> Response:
    """A reply, or why there is none."""
    request_id = request_id_of(request)
    try:
        authorise(request, searches.config.api_key.encode())
        return await reply(searches, metrics, request, request_id)
    except Rejected as rejected:
        metrics.rejected(rejected.status, rejected.error)
        return refusal(rejected, request_id)


async def _searched(
    searches: Searches, metrics: SearchMetrics, request: Request, request_id: str
) -> Response:
    ledger = Ledger()
    answer = await searches.search(await read_body(request), ledger)
    elapsed_ms = ledger.elapsed_ms()
    metrics.answered(answer, elapsed_ms)
    content = told(answer) | {
        "bundle": searches.live.manifest["bundle"],
        "request_id": request_id,
        "elapsed_ms": round(elapsed_ms, 3),
        "deadline_ms": searches.config.deadline_ms,
    }
    timing = server_timing(answer.stages, elapsed_ms)
    return json_reply(200, content, request_id, timing)


def _add_change(
    app: FastAPI, path: str, work: Work, searches: Searches, metrics: SearchMetrics
) -> None:
    async def changed(
        searches: Searches, _: SearchMetrics, request: Request, request_id: str
    ) -> Response:
        came, body = time.perf_counter(), await read_body(request, LARGE_BODY)
        loop, thread = asyncio.get_running_loop(), searches.live.changes
        try:
            made = await loop.run_in_executor(thread, work, searches, body, came)
        except StorageError as error:
            reason = f"the change is not made: {error.strerror}"
            raise Rejected(503, "not_kept", ("", reason)) from None
        made["version"] = searches.live.state.version
        return json_reply(200, made | {"request_id": request_id}, request_id)

    async def change(request: Request) -> Response:
        return await _replied(searches, metrics, request, changed)

    change.__doc__ = work.__doc__
    app.post(path)(change)


def _stock(searches: Searches, body: bytes, came: float) -> dict[str, Any]:
    """Take over prices and stock."""
    news = validated(StockRequest, body, "invalid_json", "invalid_request")
    return {"changed": searches.live.restock(news.products)}


def _products(searches: Searches, body: bytes, came: float) -> dict[str, Any]:
    """Take in new products; they can be found once this is answered."""
    new = validated(ProductsRequest, body, "invalid_json", "invalid_request")
    ids = searches.live.add(new.products, came)
    lag_ms = round(searches.live.lag_s * 1e3, 3)
    return {"product_ids": list(ids), "found_after_ms": lag_ms}


def _synonyms(searches: Searches, body: bytes, came: float) -> dict[str, Any]:
    """Read the synonym file again; a broken one is refused."""
    loaded = searches.live.reload_synonyms()
    if loaded.error is not None:
        raise Rejected(422, "broken_synonyms", *_lines(loaded.error))
    return {"phrases": len(loaded.synonyms), "warnings": list(loaded.warnings)}


def _lines(error: str) -> list[tuple[str, str]]:
    return [("synonyms", line) for line in error.splitlines()[:20]]


def _rules(searches: Searches, body: bytes, came: float) -> dict[str, Any]:
    """Put other rules of the page in place."""
    asked = validated(RulesRequest, body, "invalid_json", "invalid_request")
    searches.live.rule(asked)
    return {"pinned": len(asked.pinned), "banned": len({*asked.banned})}


CHANGES: dict[str, Work] = {
    "/v1/stock": _stock,
    "/v1/products": _products,
    "/v1/synonyms": _synonyms,
    "/v1/rules": _rules,
}


def _ready(searches: Searches) -> dict[str, Any]:
    """Whether it answers, and from what."""
    problems, live = searches.problems(), searches.live
    return {
        "status": "degraded" if problems else "ready",
        "problems": problems,
        "bundle": live.manifest["bundle"],
        "products": len(live.state.documents),
        "version": live.state.version,
        "index_age_s": round(searches.index_age_s, 3),
        "stock": "of the bundle" if live.stock_at is None else "brought up to date",
        "changes": "gone at a restart" if live.journal is None else "kept",
    }


class SearchMetrics(RequestMetrics):
    """What Prometheus is told of searches."""

    def __init__(self) -> None:
        super().__init__("search")
        self._searches = Counter(
            "sevensteps_searches",
            "Searches by source and reason of the fallback",
            ["source", "fallback"],
            registry=self.registry,
        )
        self._relaxed = Counter(
            "sevensteps_search_without_all_words",
            "Searches for which no product has all words, by what was shown",
            ["shown"],
            registry=self.registry,
        )

    def answered(self, answer: Answer, elapsed_ms: float) -> None:
        """Count an answer and book its stages."""
        listed = answer.listed
        self._searches.labels(listed.source, listed.fallback or "none").inc()
        if listed.relaxed or not listed.ids:
            self._relaxed.labels(listed.relaxed or "nothing").inc()
        self.timed(answer.stages, elapsed_ms)

    def watch(self, searches: Searches) -> None:
        """Add gauges that look at the service when they are read."""
        live, lists = searches.live, searches.lists
        self.gauges(
            {
                "cache_hits": ("Answers remembered", lambda: lists.hits),
                "cache_misses": ("Answers made", lambda: lists.misses),
                "cache_size": ("Answers kept", lambda: len(lists)),
                "in_flight": ("Searches under way", lambda: searches.in_flight),
                "products": ("That can be found", lambda: len(live.state.documents)),
                "index_age_seconds": ("Since it was new", lambda: searches.index_age_s),
                "index_lag_seconds": ("Of the last new ones", lambda: live.lag_s),
                "stock_age_seconds": ("-1: the bundle's", lambda: _age(live.stock_at)),
                "version": ("Of bundle and changes", lambda: live.state.version),
            }
        )
        for name, guard in searches.pipeline.guards.items():
            open_ = ("1 if turned away", lambda g=guard: g.breaker.is_open)
            self.gauges({f"{name}_open": open_})


def _age(at: float | None) -> float:
    return -1.0 if at is None else time.time() - at
