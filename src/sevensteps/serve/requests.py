"""The parts of HTTP that a service speaks: short bodies in, compact JSON out.

A body becomes a typed record, or the reasons why it is none.
"""

import hmac
import itertools
import json
import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

M = TypeVar("M", bound=BaseModel)
MAX_BODY = 4_096  # bytes; a payment needs about 300


class Strict(BaseModel):
    """Nothing is converted and nothing is ignored; `null` is missing.

    "12.5" is no number, and a misspelt field is an error rather than a missing value.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False
    )


class Rejected(Exception):
    """A request that is refused, with the reason for each field."""

    def __init__(
        self,
        status: int,
        error: str,
        *reasons: tuple[str, str],
        headers: Mapping[bytes, bytes] = MappingProxyType({}),
    ) -> None:
        super().__init__(error, *reasons)
        self.status, self.error, self.headers = status, error, dict(headers)
        self.reasons = [{"field": f, "reason": reason} for f, reason in reasons]


def validated(kind: type[M], body: bytes) -> M:
    """A body as a request of some kind.

    Raises `Rejected`, 400 if it is not JSON, 422 with one reason per field that is
    wrong or given twice.
    """
    try:
        made = kind.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(
            include_url=False, include_input=False, include_context=False
        )
    else:
        json.loads(body, object_pairs_hook=_each_once)
        return made
    if problems[0]["type"] == "json_invalid":
        raise Rejected(400, "invalid_json", ("", problems[0]["msg"]))
    reasons = [(".".join(map(str, p["loc"]))[:64], p["msg"]) for p in problems[:20]]
    raise Rejected(422, "invalid_request", *reasons)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key is given twice: which of the values is meant?"""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise Rejected(422, "invalid_request", (twice[:64], "is given twice"))
    return found


Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Mapping[bytes, bytes]

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
JSON = b"application/json"
PROCESS, NUMBER = secrets.token_hex(6), itertools.count()


class HungUp(Exception):
    """The caller has gone: there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=dict)

    @classmethod
    def of(
        cls, content: Mapping[str, Any], status: int = 200, **headers: bytes
    ) -> Self:
        """JSON without blanks; of a header's name, `_` stands for `-`."""
        body = json.dumps(content, separators=(",", ":")).encode()
        told = {name.replace("_", "-").encode(): v for name, v in headers.items()}
        return cls(status, body, told)

    @property
    def every_header(self) -> list[tuple[bytes, bytes]]:
        """With those that follow from the body."""
        told = {b"content-type": JSON, **self.headers}
        return [*told.items(), (b"content-length", b"%d" % len(self.body))]

    def wire(self) -> bytes:
        """The whole of it as it goes over the wire."""
        lines = [b"HTTP/1.1 %d %s" % (self.status, PHRASES[self.status])]
        lines += [b"%s: %s" % pair for pair in self.every_header]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

    async def send(self, send: Send) -> None:
        """The same through ASGI."""
        start = {"type": "http.response.start", "status": self.status}
        await send({**start, "headers": self.every_header})
        await send({"type": "http.response.body", "body": self.body})


PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}


def authorise(headers: Headers, key: bytes) -> None:
    """Refuse a caller without the key, and another type of body than JSON."""
    if not hmac.compare_digest(headers.get(b"x-api-key", b""), key):
        raise Rejected(401, "unauthorised", ("X-API-Key", "missing or wrong"))
    declared = headers.get(b"content-type", b"").partition(b";")[0].strip()
    if declared.lower() != JSON:
        raise Rejected(415, "unsupported_type", ("Content-Type", JSON.decode()))


async def read_body(receive: Receive, limit: int) -> bytes:
    """The body, unless it has more bytes than `limit`, beyond which none is read.

    Raises `Rejected`, 413, for too many bytes; `HungUp` if the caller has gone.
    """
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


def server_timing(stages: Mapping[str, float], elapsed_ms: float) -> bytes:
    """The header that tells where the milliseconds went."""
    every = [*stages.items(), ("total", elapsed_ms)]
    return ", ".join(f"{name};dur={ms:.3f}" for name, ms in every).encode()
