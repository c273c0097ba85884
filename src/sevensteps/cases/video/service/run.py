"""Running the recommender as a subprocess while a block runs; requests for it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from sevensteps.cases.video.recommender.known import Known
from sevensteps.serve.run import Running, process_of


def running_pages(
    bundle: str | Path, **options: Any
) -> AbstractContextManager[Running]:
    """A recommender in a process of its own, stopped at the end of the block.

    Parameters
    ----------
    bundle : folder written by `export_morning`
    options : as for `PagesConfig`: deadline_ms, remembers, slow_stage, ...

    Raises
    ------
    RuntimeError
        if it does not start, with what it said
    """
    return process_of("sevensteps.cases.video.service", bundle=bundle, **options)


def page_requests(known: Known, n: int, *, seed: int = 0) -> list[bytes]:
    """Bodies of users who ask as often as they came: by their pages in the log.

    Parameters
    ----------
    known : of the morning; whoever had more chances asks more often
    """
    weight = known.user.chances.astype(np.float64)
    rng = np.random.default_rng([seed, 20])
    user = rng.choice(len(weight), n, p=weight / weight.sum())
    return [json.dumps({"user_id": int(u)}).encode() for u in user]
