"""The recommender's demonstration: a small world, and the morning after its log."""

from __future__ import annotations

import secrets
import shutil

from sevensteps.cases.video.recommender.items import Events, Items, Viewers
from sevensteps.cases.video.recommender.known import known_after
from sevensteps.cases.video.service import (
    PagesConfig,
    export_morning,
    page_requests,
    read_morning,
    service_of,
)
from sevensteps.cases.video.world import Size, VideoWorld
from sevensteps.serve import ModelError
from sevensteps.serve.app import App
from sevensteps.serve.demo import Progress, Setup, lacks, quiet
from sevensteps.world.storage import sweep

WORLD = VideoWorld(
    Size(n_users=8_000, n_videos=30_000, n_creators=1_500, days=14), seed=7
)

#: How a folder reads that is not whole, or that another version wrote.
UNREADABLE = ModelError, LookupError, TypeError


def config(setup: Setup) -> PagesConfig:
    """How the service is started."""
    return PagesConfig.of(setup, "morning")


def app(config: PagesConfig) -> App:
    """The service; see `PagesConfig`."""
    return App(service_of(config), config)


def fill(setup: Setup, progress: Progress = quiet) -> None:
    """Train and export a morning, unless there is one that can be read.

    Raises
    ------
    StorageError    if the disk refuses
    """
    bundle = setup.folder / "morning"
    if not lacks(lambda: read_morning(bundle), *UNREADABLE):
        return
    with progress("Making a small world") as report:
        history = WORLD.history(progress=report)
    with progress("Training towers, a ranker and a value in it") as report:
        from sevensteps.cases.video.recommender.snapshot_training import train_snapshot

        morning = train_snapshot(history, progress=report)
    with progress("Writing the morning"):
        sweep(bundle.parent)
        if bundle.exists():
            shutil.rmtree(bundle)
        export_morning(morning, bundle)


def bodies(n: int) -> list[bytes]:
    """Requests for pages by the world's people, who ask as often as they came.

    They are drawn anew each time. Who asks again is answered with the vector that the
    service remembers, as in the service of a real morning.
    """
    history = WORLD.history()
    items, viewers = Items.of(history.videos), Viewers.of(history.users)
    known = known_after(Events.of(history.impressions, items), items, viewers)
    return page_requests(known, n, seed=secrets.randbits(32))
