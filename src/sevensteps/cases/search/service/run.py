"""Running the search: as a subprocess while a block runs; requests for it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sevensteps.cases.search.engine.shop import QueryLog
from sevensteps.serve.run import answer, process_of

from .config import SearchConfig

PATH = "/v1/search"


@dataclass(frozen=True, slots=True)
class RunningSearch:
    """A search that answers."""

    url: str
    api_key: str
    pid: int

    def __repr__(self) -> str:
        return f"RunningSearch(url={self.url!r}, pid={self.pid})"


def serve_search(config: SearchConfig) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish what was begun.

    Prints `listening on http://...` once it can be called.

    Raises
    ------
    ModelError
        if it must not start: the bundle is missing, damaged or does not fit together,
        or the changes are of another one
    OSError
        if the port is taken, or changes cannot be kept
    """
    from .app import create_app

    answer(create_app(config), config.host, config.port)


@contextlib.contextmanager
def running_search(bundle: str | Path, **options: Any) -> Iterator[RunningSearch]:
    """A search in a process of its own, stopped at the end of the block.

    Parameters
    ----------
    bundle : folder written by `export_search`
    options : as for `SearchConfig`: deadline_ms, changes, remembers, slow_stage, ...

    Raises
    ------
    RuntimeError
        if it does not start, with what it said
    """
    told = {name.replace("_", "-"): value for name, value in options.items()}
    told = {"bundle": bundle} | told
    with process_of("sevensteps.cases.search.service", told) as (url, key, pid):
        yield RunningSearch(url, key, pid)


def search_requests(asked: QueryLog, n: int, *, seed: int = 0) -> list[bytes]:
    """Bodies with a log's queries, each as likely as it was frequent.

    Parameters
    ----------
    asked : the log's queries; one that the service would refuse is not among them
    """
    rng = np.random.default_rng([seed, 40])
    weight = asked.times.astype(np.float64)
    rows = rng.choice(len(weight), n, p=weight / weight.sum())
    return [json.dumps({"query": asked.text[row]}).encode() for row in rows]
