"""The search's demonstration: a small shop, and an engine that its editors taught."""

import secrets
from functools import partial
from pathlib import Path

from sevensteps.cases.search.engine.shop import QueryLog
from sevensteps.cases.search.service import (
    PROGRAM,
    SearchConfig,
    export_search,
    read_search,
    search_requests,
)
from sevensteps.cases.search.world import SearchWorld, Size
from sevensteps.serve.config import Progress, Setup, quiet, renew

WORLD = SearchWorld(
    Size(n_products=20_000, n_needs=12_000, n_shoppers=8_000, n_brands=150, days=14),
    seed=7,
)
config, app = partial(SearchConfig.of, name="engine"), PROGRAM.app


def fill(setup: Setup, progress: Progress = quiet) -> None:
    """Train and export an engine, unless there is one that can be read."""

    def write(bundle: Path) -> None:
        with progress("Making a small world") as report:
            WORLD.history(progress=report)
        with progress("Indexing its products, and training on editors' grades"):
            from sevensteps.cases.search.experiments.training import trained_engine

            engine = trained_engine(WORLD)
        with progress("Writing the engine"):
            export_search(engine, bundle)

    renew(setup.folder / "engine", read_search, write)


def bodies(n: int) -> list[bytes]:
    """Requests with the queries of the world's log, as often as they were typed."""
    history = WORLD.history()
    asked = QueryLog.of(history.searches, history.queries)
    return search_requests(asked, n, seed=secrets.randbits(32))
