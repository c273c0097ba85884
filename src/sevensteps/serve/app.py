"""The HTTP face of a service: a few routes, one key, a reason for every refusal."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from sevensteps.world import StorageError

from .config import ServiceConfig
from .requests import (
    MAX_BODY,
    Headers,
    HungUp,
    Receive,
    Rejected,
    Response,
    Scope,
    Send,
    authorise,
    read_body,
    request_id_of,
    server_timing,
)
from .service import Desk, Seat, Service
from .stages import Ledger

LARGE_BODY = 4_000_000  # bytes of an administrator's request: a thousand products
TEXT = b"text/plain; version=0.0.4; charset=utf-8"


class App:
    """A service as an ASGI application.

    `POST` to the service's path and to its changes (with `X-API-Key`), `GET /health`,
    `/ready`, `/metrics`, `/openapi.json`.
    """

    def __init__(self, service: Service, config: ServiceConfig) -> None:
        self.service, self.config = service, config
        self.desk = Desk(service, self._drill if config.slow_stage else None)
        self._too_many = _too_many(service)
        self._too_many_raw = self._too_many.wire()
        self._key = config.api_key.encode()
        self._changes = ThreadPoolExecutor(1, thread_name_prefix="change")
        self._told: dict[str, Callable[[], Response]] = {
            "/health": lambda: Response.of({"status": "alive"}),
            "/ready": self._ready,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or open and close the service."""
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        with suppress(HungUp):
            response = await self._response(scope, receive)
            await response.send(send)

    async def _response(self, scope: Scope, receive: Receive) -> Response:
        headers, path = dict(scope["headers"]), scope["path"]
        received = scope.get("received") or time.perf_counter()
        if path == self.service.path and scope["method"] == "POST":
            read = partial(read_body, receive, MAX_BODY)
            return await self.answer(headers, read, received)
        try:
            posted = path == self.service.path or path in self.service.changes
            if not posted and path not in self._told:
                raise Rejected(404, "http", (path[:64], "Not Found"))
            method = "POST" if posted else "GET"
            if scope["method"] != method:
                why, allow = f"Method Not Allowed: {method} it", method.encode()
                raise Rejected(405, "http", (path, why), headers={b"allow": allow})
            if not posted:
                return self._told[path]()
            authorise(headers, self._key)
            body = await read_body(receive, LARGE_BODY)
            return await self._change(path, body, received)
        except Rejected as rejected:
            return self._refusal(rejected, headers)

    async def answer(
        self,
        headers: Headers,
        read: Callable[[], Awaitable[bytes]],
        received: float,
        seat: Seat | None = None,
    ) -> Response:
        """To a request to the service itself.

        Parameters
        ----------
        read : gives its body
        received : by `time.perf_counter`, when its first byte came
        seat : if it was admitted already
        """
        ledger, request_id = Ledger(received), request_id_of(headers)
        try:
            authorise(headers, self._key)
            body = await read()
            seat = seat or self.desk.enter(received)
            if seat is None:
                self.desk.metrics.shed()
                return self._too_many
            content = await self.desk.answer(body, ledger, request_id, seat)
        except Rejected as rejected:
            return self._refusal(rejected, headers)
        finally:
            if seat is not None:
                seat.leave()
        ms = ledger.elapsed_ms()
        content |= {"request_id": request_id, "elapsed_ms": round(ms, 3)}
        content["deadline_ms"] = self.service.deadline_ms
        timing = server_timing(ledger.stages, ms)
        return Response.of(
            content, x_request_id=request_id.encode(), server_timing=timing
        )

    def turned_away(self) -> bytes:
        """What is sent to whoever comes too many."""
        self.desk.metrics.shed()
        return self._too_many_raw

    def _refusal(self, rejected: Rejected, headers: Headers) -> Response:
        self.desk.metrics.rejected(rejected.status, rejected.error)
        told = {"error": rejected.error, "reasons": rejected.reasons}
        request_id = request_id_of(headers)
        made = Response.of(told | {"request_id": request_id}, rejected.status)
        more = {b"x-request-id": request_id.encode()} | rejected.headers
        return Response(made.status, made.body, more)

    async def _change(self, path: str, body: bytes, received: float) -> Response:
        work, loop = self.service.changes[path], asyncio.get_running_loop()
        try:
            made = await loop.run_in_executor(self._changes, work, body, received)
        except StorageError as error:
            reason = f"the change is not made: {error.strerror}"
            raise Rejected(503, "not_kept", ("", reason)) from None
        return Response.of(made)

    def _ready(self) -> Response:
        """Whether it answers, and from what.

        A degraded service stays in rotation: if a shared store fails, every replica is
        degraded at once, and a fallback is better than nobody.
        """
        problems = self.desk.problems()
        told = {"status": "degraded" if problems else "ready", "problems": problems}
        return Response.of(told | dict(self.service.bundle()))

    def _metrics(self) -> Response:
        return Response(200, self.desk.metrics.text(), {b"content-type": TEXT})

    def _openapi(self) -> Response:
        schema = self.service.request.model_json_schema()
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        post = {"requestBody": body, "responses": {"200": {"description": "answer"}}}
        return Response.of(
            {
                "openapi": "3.1.0",
                "info": {"title": f"Seven Steps: {self.service.what}", "version": "1"},
                "paths": {self.service.path: {"post": post}},
            }
        )

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


def _too_many(service: Service) -> Response:
    if service.at_the_door is not None:
        return Response.of({**service.at_the_door, "fallback": "overload"})
    reasons = [{"field": "", "reason": "too many requests: come again"}]
    return Response.of({"error": "overload", "reasons": reasons}, 503, retry_after=b"1")
