"""A page within the deadline: by the model, by the search alone, or by the country."""

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sevensteps.serve.config import BundleConfig
from sevensteps.serve.requests import Rejected, Strict, validated
from sevensteps.serve.run import Program, one_core
from sevensteps.serve.service import Service

from .. import SERVICE
from ..recommender.known import RECENT, Known
from ..recommender.online import Asking, Recommender
from ..world import COUNTRIES, LANGUAGES
from .bundle import read_versions

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

    Raises `Rejected`: 400 for what is no JSON, 422 for what is no request; says why.
    """
    told = validated(PageRequest, body)
    unknown = [v for v in told.recent if v >= n_videos]
    if unknown:
        reason = f"no such video: {unknown[0]}"
        raise Rejected(422, "unknown_video", ("recent", reason))
    country, language = COUNTRIES.index(told.country), LANGUAGES.index(told.language)
    latest = tuple(dict.fromkeys(told.recent))
    return Asking(told.user_id, country, language, latest)


PATH = SERVICE.path


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesConfig(BundleConfig):
    """Everything that the recommender needs: a folder written by `export_morning`."""

    port: int = SERVICE.port
    deadline_ms: float = SERVICE.deadline_ms
    remembers: int = 100_000  # user vectors that are kept; 0 keeps none
    allow_skew: bool = False  # serve an index that other towers made, for drills

    def __post_init__(self) -> None:
        BundleConfig.__post_init__(self)
        if self.remembers < 0:
            raise ValueError(f"remembers must be at least 0; got {self.remembers}")


def service_of(config: PagesConfig) -> Service:
    """The recommender, as all services are described.

    Raises a ModelError if the bundle is missing, damaged or skewed; says why.
    """
    morning, parts = read_versions(config.bundle, allow_skew=config.allow_skew)
    recommender = Recommender(morning, config.remembers)
    versions = {"model": parts.model, "index": parts.index_of}
    first = {"video_ids": recommender.by_country(Asking(-1)), "source": "country"}
    return Service(
        what="page",
        path=PATH,
        request=PageRequest,
        parse=lambda body: parse(body, len(morning.items)),
        stages=recommender.stages,
        answers={
            "model": lambda run: run.made.get("compose"),
            "retrieval": recommender.by_search,
            "country": lambda run: recommender.by_country(run.request),
        },
        told=lambda answer: {"video_ids": answer.value, **versions},
        bundle=lambda: asdict(parts),
        deadline_ms=config.deadline_ms,
        begin=one_core,
        at_the_door=first | versions,
        gauges={
            "day": ("Morning that is served", lambda: parts.day),
            "vector_hits": ("User vectors remembered", lambda: recommender.hits),
            "vector_misses": ("User vectors made", lambda: recommender.misses),
        },
        problems=lambda: ["index: made by other towers"] if parts.skewed else [],
    )


PROGRAM = Program(__package__, PagesConfig, service_of)


def page_requests(known: Known, n: int, *, seed: int = 0) -> list[bytes]:
    """Bodies of users who ask as often as they came: by their pages in the log.

    `known`: of the morning; whoever had more chances asks more often.
    """
    weight = known.user.chances.astype(np.float64)
    rng = np.random.default_rng([seed, 20])
    user = rng.choice(len(weight), n, p=weight / weight.sum())
    return [json.dumps({"user_id": int(u)}).encode() for u in user]
