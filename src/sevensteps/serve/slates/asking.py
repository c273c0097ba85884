"""What a caller may ask the recommender, and what is said of anything else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sevensteps.recommend.known import RECENT
from sevensteps.recommend.online import Asking
from sevensteps.worlds.video import COUNTRIES, LANGUAGES

from ..requests import Rejected

Id = Annotated[int, Field(ge=0, le=2**31 - 1)]


class PageRequest(BaseModel):
    """A person who waits for a page.

    Nothing is converted and nothing is ignored. Of a user whom the morning knows,
    country and language on file are taken; of anybody else, what stands here.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    user_id: Annotated[int, Field(ge=-1, le=2**31 - 1, description="-1: no account")]
    country: Literal[COUNTRIES] = COUNTRIES[0]  # type: ignore[valid-type]
    language: Literal[LANGUAGES] = LANGUAGES[0]  # type: ignore[valid-type]
    recent: Annotated[
        list[Id],
        Field(max_length=RECENT, description="clicked since midnight, latest first"),
    ] = []


def parse(body: bytes, n_videos: int) -> Asking:
    """Read a request's body.

    Raises
    ------
    Rejected
        400 for what is no JSON, 422 for what is no request, with every reason
    """
    try:
        told = PageRequest.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            raise Rejected(400, "invalid_json", ("", found[0]["msg"])) from None
        reasons = [(".".join(map(str, e["loc"])), e["msg"]) for e in found]
        raise Rejected(422, "invalid_request", *reasons) from None
    unknown = [v for v in told.recent if v >= n_videos]
    if unknown:
        reason = f"no such video: {unknown[0]}"
        raise Rejected(422, "unknown_video", ("recent", reason))
    country, language = COUNTRIES.index(told.country), LANGUAGES.index(told.language)
    latest = tuple(dict.fromkeys(told.recent))
    return Asking(told.user_id, country, language, latest)
