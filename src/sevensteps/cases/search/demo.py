"""The search's demonstration: a small shop, and an engine that its editors taught."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from sevensteps.case import Progress, Setup, lacks, silent
from sevensteps.cases.search.engine.shop import Asked
from sevensteps.cases.search.service import (
    SearchConfig,
    export_search,
    read_search,
    search_requests,
    serve_search,
)
from sevensteps.cases.search.world import SearchWorld, Size
from sevensteps.serve import ModelError
from sevensteps.serve.files import sweep

WORLD = SearchWorld(
    Size(n_products=20_000, n_needs=12_000, n_shoppers=8_000, n_brands=150, days=14),
    seed=7,
)

#: How a folder reads that is not whole, or that another version wrote.
UNREADABLE = ModelError, LookupError, TypeError


def prepare(setup: Setup) -> Callable[[], None]:
    """Make the engine if it is not there whole; return what serves it.

    Raises
    ------
    ValueError      if a setting makes no sense; nothing is made then
    StorageError    if the disk refuses
    """
    config = SearchConfig(
        bundle=setup.folder / "engine",
        api_key=setup.api_key,
        port=setup.port,
        deadline_ms=setup.deadline_ms,
    )
    fill(config.bundle, setup.progress)
    return lambda: serve_search(config)


def fill(bundle: Path, progress: Progress = silent) -> None:
    """Train and export an engine, unless there is one that can be read."""
    if not lacks(lambda: read_search(bundle), *UNREADABLE):
        return
    with progress("Making a small world") as report:
        WORLD.history(progress=report)
    with progress("Indexing its products, and training a ranker on editors' grades"):
        from sevensteps.cases.search.experiments.taught import taught_engine

        engine = taught_engine(WORLD)
    with progress("Writing the engine"):
        sweep(bundle.parent)
        if bundle.exists():
            shutil.rmtree(bundle)
        export_search(engine, bundle)


def bodies(n: int) -> list[bytes]:
    """Requests with the queries of the world's log, as often as they were typed.

    They are drawn anew each time. What was asked a moment ago is remembered, as in the
    service of a real shop: the head of the queries costs next to nothing.
    """
    history = WORLD.history()
    asked = Asked.of(history.searches, history.queries)
    return search_requests(asked, n, seed=secrets.randbits(32))
