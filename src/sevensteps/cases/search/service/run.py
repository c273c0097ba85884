"""Running the search as a subprocess while a block runs; requests for it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from sevensteps.cases.search.engine.shop import QueryLog
from sevensteps.serve.run import Running, process_of


def running_search(
    bundle: str | Path, **options: Any
) -> AbstractContextManager[Running]:
    """A search in a process of its own, stopped at the end of the block.

    Parameters
    ----------
    bundle : folder written by `export_search`
    options : as for `SearchConfig`: deadline_ms, remembers, slow_stage, ...

    Raises
    ------
    RuntimeError
        if it does not start, with what it said
    """
    return process_of("sevensteps.cases.search.service", bundle=bundle, **options)


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
