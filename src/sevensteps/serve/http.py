"""What the HTTP faces share: one key, short bodies, a reason for each refusal."""

import hmac
import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from .requests import MAX_BODY, Rejected

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def authorise(request: Request, key: bytes) -> None:
    """Refuse a caller without the key."""
    given = request.headers.get("x-api-key", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, key):
        raise Rejected(401, "unauthorised", ("X-API-Key", "missing or wrong"))


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body, unless it has more bytes than `limit`, beyond which none is read."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip()
    if declared.lower() != "application/json":
        raise Rejected(415, "unsupported_type", ("Content-Type", "application/json"))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Rejected(413, "too_large", ("", f"at most {limit} bytes"))
    return bytes(body)


def request_id_of(request: Request) -> str:
    """The caller's own, if it is harmless in a log, else a new one."""
    given = request.headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def refusal(rejected: Rejected, request_id: str) -> Response:
    """A 4xx with its reasons."""
    content = {
        "error": rejected.error,
        "reasons": rejected.reasons,
        "request_id": request_id,
    }
    return json_reply(rejected.status, content, request_id)


async def http_error(request: Request, error: Exception) -> Response:
    """An unknown path or method, told like every other refusal."""
    assert isinstance(error, HTTPException)
    reason = (request.url.path[:64], str(error.detail))
    refused = Rejected(error.status_code, "http", reason)
    return refusal(refused, request_id_of(request))


def json_reply(
    status: int,
    content: dict[str, Any],
    request_id: str,
    headers: dict[str, str] | None = None,
) -> Response:
    """A body as compact JSON, with the request's id."""
    text = json.dumps(content, separators=(",", ":")).encode()
    known = {"X-Request-ID": request_id} | (headers or {})
    return Response(text, status, known, media_type="application/json")


def add_probes(
    app: FastAPI, ready: Callable[[], dict[str, Any]], metrics: Callable[[], bytes]
) -> None:
    """Add `GET /health`, `/ready` and `/metrics`.

    Parameters
    ----------
    ready : whether it answers, and from what
    metrics : in Prometheus' text format
    """

    @app.get("/health")
    async def health() -> dict[str, str]:
        """The process is alive; nothing else is checked."""
        return {"status": "alive"}

    @app.get("/ready")
    async def readiness() -> dict[str, Any]:
        """Whether it answers, and from what."""
        return ready()

    @app.get("/metrics")
    async def text() -> Response:
        """For Prometheus."""
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(metrics(), media_type=kind)


def server_timing(stages: dict[str, float], elapsed_ms: float) -> dict[str, str]:
    """The header that tells where the milliseconds went."""
    every = [*stages.items(), ("total", elapsed_ms)]
    return {"Server-Timing": ", ".join(f"{name};dur={ms:.3f}" for name, ms in every)}
