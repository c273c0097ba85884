"""The recommender's demonstration: a small world, and the morning after its log."""

import secrets
from functools import partial
from pathlib import Path

from sevensteps.serve.config import Progress, Setup, quiet, renew

from .recommender.items import Events, Items, Viewers
from .recommender.known import known_after
from .service import (
    PROGRAM,
    PagesConfig,
    export_morning,
    page_requests,
    read_morning,
)
from .world import Size, VideoWorld

WORLD = VideoWorld(
    Size(n_users=8_000, n_videos=30_000, n_creators=1_500, days=14), seed=7
)
config, app = partial(PagesConfig.of, name="morning"), PROGRAM.app


def fill(setup: Setup, progress: Progress = quiet) -> None:
    """Train and export a morning, unless there is one that can be read."""

    def write(bundle: Path) -> None:
        with progress("Making a small world") as report:
            history = WORLD.history(progress=report)
        with progress("Training towers, a ranker and a value in it") as report:
            from sevensteps.cases.video.recommender import snapshot_training

            morning = snapshot_training.train_snapshot(history, progress=report)
        with progress("Writing the morning"):
            export_morning(morning, bundle)

    renew(setup.folder / "morning", read_morning, write)


def bodies(n: int) -> list[bytes]:
    """Requests for pages by the world's people, who ask as often as they came.

    They are drawn anew each time. Who asks again is answered with the vector that the
    service remembers, as in the service of a real morning.
    """
    history = WORLD.history()
    items, viewers = Items.of(history.videos), Viewers.of(history.users)
    known = known_after(Events.of(history.impressions, items), items, viewers)
    return page_requests(known, n, seed=secrets.randbits(32))
