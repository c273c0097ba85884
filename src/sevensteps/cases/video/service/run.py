"""Running the recommender: as a subprocess while a block runs; requests for it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sevensteps.cases.video.recommender.known import Known
from sevensteps.serve.run import answer, process_of

from .serving import SlatesConfig

PATH = "/v1/pages"


@dataclass(frozen=True, slots=True)
class RunningPages:
    """A recommender that answers."""

    url: str
    api_key: str
    pid: int

    def __repr__(self) -> str:
        return f"RunningPages(url={self.url!r}, pid={self.pid})"


def serve_pages(config: SlatesConfig) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish what was begun.

    Prints `listening on http://...` once it can be called.

    Raises
    ------
    ModelError
        if it must not start: the bundle is missing, damaged or skewed; says why
    OSError
        if the port is taken
    """
    from .app import create_app

    answer(create_app(config), config.host, config.port)


@contextlib.contextmanager
def running_pages(bundle: str | Path, **options: Any) -> Iterator[RunningPages]:
    """A recommender in a process of its own, stopped at the end of the block.

    Parameters
    ----------
    bundle : folder written by `export_morning`
    options : as for `SlatesConfig`: deadline_ms, remembers, slow_stage, ...

    Raises
    ------
    RuntimeError
        if it does not start, with what it said
    """
    told = {name.replace("_", "-"): value for name, value in options.items()}
    told = {"bundle": bundle} | told
    with process_of("sevensteps.cases.video.service", told) as (url, key, pid):
        yield RunningPages(url, key, pid)


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
