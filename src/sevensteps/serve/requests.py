"""A request's body as a typed record, or the reasons why it is none."""

import json
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

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

    Raises
    ------
    Rejected
        400 if it is not JSON, 422 with one reason per field that is wrong or given
        twice
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
