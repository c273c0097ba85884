"""The HTTP face of a service: a few routes, one key, a reason for every refusal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sevensteps.world import StorageError

from .config import ServiceConfig
from .http import (
    Headers,
    HungUp,
    Receive,
    Scope,
    Send,
    authorise,
    compact,
    read_body,
    refusal,
    reply,
    request_id_of,
    server_timing,
    wire,
)
from .ledger import Ledger
from .requests import MAX_BODY, Rejected
from .service import Desk, Seat, Service

LARGE_BODY = 4_000_000  # bytes of an administrator's request: a thousand products
RETRY_AFTER = {b"retry-after": b"1"}
TEXT = b"text/plain; version=0.0.4; charset=utf-8"
Reply = tuple[int, bytes, dict[bytes, bytes]]  # status, body, headers
Route = Callable[[Headers, Receive, Send, Scope], Awaitable[None]]


class App:
    """A service as an ASGI application.

    `POST` to the service's path and to its changes (with `X-API-Key`), `GET /health`,
    `/ready`, `/metrics`, `/openapi.json`.
    """

    def __init__(self, service: Service, config: ServiceConfig) -> None:
        self.service, self.config = service, config
        self.desk = Desk(service, self._drill if config.slow_stage else None)
        self._too_many = _too_many(service)
        self._wire = wire(*self._too_many)
        self._key = config.api_key.encode()
        self._changes = ThreadPoolExecutor(1, thread_name_prefix="change")
        self._routes: dict[str, tuple[str, Route]] = {
            service.path: ("POST", self._ask),
            "/health": ("GET", self._health),
            "/ready": ("GET", self._ready),
            "/metrics": ("GET", self._metrics),
            "/openapi.json": ("GET", self._openapi),
        }
        for path in service.changes:
            self._routes[path] = "POST", self._change(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or open and close the service."""
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        scope.setdefault("received", time.perf_counter())
        headers: Headers = dict(scope["headers"])
        try:
            route = self._route(scope["method"], scope["path"])
            await route(headers, receive, send, scope)
        except Rejected as rejected:
            self.desk.metrics.rejected(rejected.status, rejected.error)
            request_id = request_id_of(headers)
            body = compact(refusal(rejected, request_id))
            told = {b"x-request-id": request_id.encode()} | rejected.headers
            await reply(send, rejected.status, body, told)
        except HungUp:
            pass

    def _route(self, method: str, path: str) -> Route:
        known = self._routes.get(path)
        if known is None:
            raise Rejected(404, "http", (path[:64], "Not Found"))
        if method != known[0]:
            reason = f"Method Not Allowed: {known[0]} it"
            allow = {b"allow": known[0].encode()}
            raise Rejected(405, "http", (path, reason), headers=allow)
        return known[1]

    async def _ask(
        self, headers: Headers, receive: Receive, send: Send, scope: Scope
    ) -> None:
        seat: Seat | None = scope.get("seat")  # unless it came in several pieces
        ledger, request_id = Ledger(scope["received"]), request_id_of(headers)
        try:
            authorise(headers, self._key)
            body = await read_body(headers, receive, MAX_BODY)
            seat = seat or self.desk.enter(ledger.began)
            if seat is None:
                return await reply(send, *self.turned_away())
            content = await self.desk.answer(body, ledger, request_id, seat)
        finally:
            if seat is not None:
                seat.leave()
        ms = ledger.elapsed_ms()
        content |= {
            "request_id": request_id,
            "elapsed_ms": round(ms, 3),
            "deadline_ms": self.service.deadline_ms,
        }
        timing = server_timing(ledger.stages, ms)
        more = {b"x-request-id": request_id.encode(), b"server-timing": timing}
        if "respond" in scope:
            scope["respond"](wire(200, compact(content), more))
        else:
            await reply(send, 200, compact(content), more)

    def turned_away(self) -> Reply:
        """What is told to whoever comes too many."""
        self.desk.metrics.shed()
        return self._too_many

    @property
    def turned_away_raw(self) -> bytes:
        """The same as it goes over the wire."""
        self.desk.metrics.shed()
        return self._wire

    def _change(self, path: str) -> Route:
        work = self.service.changes[path]

        async def change(
            headers: Headers, receive: Receive, send: Send, scope: Scope
        ) -> None:
            received = scope["received"]
            authorise(headers, self._key)
            body = await read_body(headers, receive, LARGE_BODY)
            loop = asyncio.get_running_loop()
            try:
                made = await loop.run_in_executor(self._changes, work, body, received)
            except StorageError as error:
                reason = f"the change is not made: {error.strerror}"
                raise Rejected(503, "not_kept", ("", reason)) from None
            await reply(send, 200, compact(made), {})

        return change

    async def _health(self, headers: Headers, receive: Receive, *rest: Any) -> None:
        """The process is alive; nothing else is checked."""
        await reply(rest[0], 200, compact({"status": "alive"}), {})

    async def _ready(self, headers: Headers, receive: Receive, *rest: Any) -> None:
        """Whether it answers, and from what.

        A degraded service stays in rotation: if a shared store fails, every replica is
        degraded at once, and a fallback is better than nobody.
        """
        problems = self.desk.problems()
        told = {"status": "degraded" if problems else "ready", "problems": problems}
        await reply(rest[0], 200, compact(told | dict(self.service.bundle())), {})

    async def _metrics(self, headers: Headers, receive: Receive, *rest: Any) -> None:
        await reply(rest[0], 200, self.desk.metrics.text(), {}, TEXT)

    async def _openapi(self, headers: Headers, receive: Receive, *rest: Any) -> None:
        schema = self.service.request.model_json_schema()
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        post = {"requestBody": body, "responses": {"200": {"description": "answer"}}}
        told = {
            "openapi": "3.1.0",
            "info": {"title": f"Seven Steps: {self.service.what}", "version": "1"},
            "paths": {self.service.path: {"post": post}},
        }
        await reply(rest[0], 200, compact(told), {})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._changes.shutdown(wait=True, cancel_futures=True)
        self.desk.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _drill(self, stage: str) -> None:
        """A stage that is slow on purpose."""
        if stage == self.config.slow_stage:
            time.sleep(self.config.slow_ms / 1e3)


def _too_many(service: Service) -> Reply:
    if service.at_the_door is not None:
        told = {**service.at_the_door, "fallback": "overload"}
        return 200, compact(told), {}
    reasons = [{"field": "", "reason": "too many requests: come again"}]
    return 503, compact({"error": "overload", "reasons": reasons}), RETRY_AFTER
