"""What a caller may ask the recommender, and what is said of anything else."""

from typing import Annotated, Literal

from pydantic import Field

from sevensteps.cases.video.recommender.known import RECENT
from sevensteps.cases.video.recommender.online import Asking
from sevensteps.cases.video.world import COUNTRIES, LANGUAGES
from sevensteps.serve.requests import Rejected, Strict, validated

Id = Annotated[int, Field(ge=0, le=2**31 - 1)]


class PageRequest(Strict):
    """A person who waits for a page.

    Of a user whom the morning knows,
    country and language on file are taken; of anybody else, what stands here.
    """

    user_id: Annotated[int, Field(ge=-1, le=2**31 - 1, description="-1: no account")]
    country: Literal[COUNTRIES] = COUNTRIES[0]  # type: ignore[valid-type]
    language: Literal[LANGUAGES] = LANGUAGES[0]  # type: ignore[valid-type]
    recent: Annotated[
        list[Id],
        Field(max_length=RECENT, description="clicked since midnight, latest first"),
    ] = Field(default_factory=list)


def parse(body: bytes, n_videos: int) -> Asking:
    """Read a request's body.

    Raises
    ------
    Rejected
        400 for what is no JSON, 422 for what is no request, with every reason
    """
    told = validated(PageRequest, body)
    unknown = [v for v in told.recent if v >= n_videos]
    if unknown:
        reason = f"no such video: {unknown[0]}"
        raise Rejected(422, "unknown_video", ("recent", reason))
    country, language = COUNTRIES.index(told.country), LANGUAGES.index(told.language)
    latest = tuple(dict.fromkeys(told.recent))
    return Asking(told.user_id, country, language, latest)
