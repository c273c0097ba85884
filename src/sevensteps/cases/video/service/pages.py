"""A page within the deadline: by the model, by the search alone, or by the country."""

from __future__ import annotations

from dataclasses import dataclass

from sevensteps.cases.video.recommender.online import Asking, Recommender
from sevensteps.serve.app import App
from sevensteps.serve.config import BundleConfig
from sevensteps.serve.run import answer
from sevensteps.serve.service import Service
from sevensteps.serve.threads import one_core

from .asking import PageRequest, parse
from .bundle import read_manifest, read_morning

PATH = "/v1/pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesConfig(BundleConfig):
    """Everything that the recommender needs, besides what all services do.

    Parameters
    ----------
    bundle : folder written by `export_morning`
    remembers : user vectors that are kept; 0 keeps none
    allow_skew : serve an index that other towers made, for drills
    """

    port: int = 8078
    deadline_ms: float = 150.0
    remembers: int = 100_000
    allow_skew: bool = False

    def __post_init__(self) -> None:
        BundleConfig.__post_init__(self)
        if self.remembers < 0:
            raise ValueError(f"remembers must be at least 0; got {self.remembers}")


def service_of(config: PagesConfig) -> Service:
    """The recommender, as all services are described.

    Raises
    ------
    ModelError
        if the bundle is missing, damaged or skewed; says why
    """
    manifest = read_manifest(config.bundle)
    morning = read_morning(config.bundle, allow_skew=config.allow_skew)
    recommender = Recommender(morning, config.remembers)
    versions = {"model": manifest["model"], "index": manifest["index_of"]}

    skewed = manifest["index_of"] != manifest["towers"]
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
        bundle=lambda: {k: manifest[k] for k in ("model", "towers", "index_of", "day")},
        deadline_ms=config.deadline_ms,
        threads=2,
        begin=one_core,
        at_the_door=first | versions,
        gauges={
            "day": ("Morning that is served", lambda: manifest["day"]),
            "vector_hits": ("User vectors remembered", lambda: recommender.hits),
            "vector_misses": ("User vectors made", lambda: recommender.misses),
        },
        problems=lambda: ["index: made by other towers"] if skewed else [],
    )


def serve_pages(config: PagesConfig) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish what was begun.

    Prints `listening on http://...` once it can be called.

    Raises
    ------
    ModelError
        if it must not start: the bundle is missing, damaged or skewed; says why
    OSError
        if the port is taken
    """
    answer(App(service_of(config), config))
