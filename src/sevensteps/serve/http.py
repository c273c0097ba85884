"""The parts of HTTP that a service speaks: short bodies in, compact JSON out."""

import hmac
import itertools
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any

from .requests import Rejected

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
JSON = b"application/json"
PROCESS, NUMBER = secrets.token_hex(6), itertools.count()


class HungUp(Exception):
    """The caller has gone: there is nobody to answer."""


def authorise(headers: Headers, key: bytes) -> None:
    """Refuse a caller without the key."""
    if not hmac.compare_digest(headers.get(b"x-api-key", b""), key):
        raise Rejected(401, "unauthorised", ("X-API-Key", "missing or wrong"))


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The body, unless it has more bytes than `limit`, beyond which none is read.

    Raises
    ------
    Rejected                  415 for another type than JSON, 413 for too many bytes
    HungUp                    if the caller has gone meanwhile
    """
    declared = headers.get(b"content-type", b"").partition(b";")[0].strip()
    if declared.lower() != JSON:
        raise Rejected(415, "unsupported_type", ("Content-Type", JSON.decode()))
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            raise Rejected(413, "too_large", ("", f"at most {limit} bytes"))
    return body


def request_id_of(headers: Headers) -> str:
    """The caller's own, if it is harmless in a log, else a new one."""
    given = headers.get(b"x-request-id", b"")
    if REQUEST_ID.fullmatch(given):
        return given.decode()
    return f"{PROCESS}-{next(NUMBER):x}"  # no system call for each


def refusal(rejected: Rejected, request_id: str) -> dict[str, Any]:
    """The content of a 4xx or 5xx."""
    reasons = rejected.reasons
    return {"error": rejected.error, "reasons": reasons, "request_id": request_id}


async def reply(
    send: Send,
    status: int,
    body: bytes,
    headers: Mapping[bytes, bytes],
    kind: bytes = JSON,
) -> None:
    """Send a whole response."""
    length = str(len(body)).encode()
    told = [(b"content-type", kind), (b"content-length", length), *headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


def compact(content: Mapping[str, Any]) -> bytes:
    """JSON without blanks."""
    return json.dumps(content, separators=(",", ":")).encode()


def server_timing(stages: Mapping[str, float], elapsed_ms: float) -> bytes:
    """The header that tells where the milliseconds went."""
    every = [*stages.items(), ("total", elapsed_ms)]
    return ", ".join(f"{name};dur={ms:.3f}" for name, ms in every).encode()


def wire(status: int, body: bytes, headers: Mapping[bytes, bytes]) -> bytes:
    """A whole response as it goes over the wire."""
    told = {b"content-type": b"application/json", **headers}
    told[b"content-length"] = str(len(body)).encode()
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
    lines += [b"%s: %s" % pair for pair in told.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
