"""A request's body as a typed record, or the reasons why it is none."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
MAX_BODY = 4_096  # bytes; a payment needs about 300


class Rejected(Exception):
    """A request that is refused, with the reason for each field."""

    def __init__(self, status: int, error: str, *reasons: tuple[str, str]) -> None:
        super().__init__(error, *reasons)
        self.status = status
        self.error = error
        self.reasons = [{"field": f, "reason": reason} for f, reason in reasons]


def validated(kind: type[M], body: bytes, no_json: str, invalid: str) -> M:
    """A body as a request of some kind.

    Parameters
    ----------
    no_json, invalid : names of the two errors

    Raises
    ------
    Rejected
        400 if it is not JSON, 422 with one reason per field that is wrong
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(
            include_url=False, include_input=False, include_context=False
        )
    if problems[0]["type"] == "json_invalid":
        raise Rejected(400, no_json, ("", problems[0]["msg"]))
    reasons = [(".".join(map(str, p["loc"]))[:64], p["msg"]) for p in problems[:20]]
    raise Rejected(422, invalid, *reasons)
