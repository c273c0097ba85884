"""Running the service: in this process, or as a subprocess while a block runs."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sevensteps.serve.run import answer, process_of

from .config import ServiceConfig

PATH = "/v1/decisions"


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers."""

    url: str
    api_key: str
    pid: int
    log: Path

    def __repr__(self) -> str:
        return f"Running(url={self.url!r}, pid={self.pid})"


def serve(config: ServiceConfig) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish what was begun.

    Prints `listening on http://...` once it can be called.

    Raises
    ------
    ModelError, StoreError, StorageError
        if it must not start; says why
    """
    from .app import create_app

    answer(create_app(config), config.host, config.port)


@contextlib.contextmanager
def running_service(
    model: str | Path,
    store: str | Path,
    *,
    log: str | Path | None = None,
    deadline_ms: float = 50.0,
) -> Iterator[Running]:
    """A service in a process of its own, stopped at the end of the block.

    Parameters
    ----------
    model, store, log, deadline_ms : see `ServiceConfig`

    Yields
    ------
    Running                   its `url`, `api_key`, `pid` and decision `log`

    Raises
    ------
    RuntimeError
        if it does not start, with what it said
    """
    log = Path(model) / "decisions.jsonl" if log is None else Path(log)
    options = {"model": model, "store": store, "log": log, "deadline-ms": deadline_ms}
    with process_of("sevensteps.cases.fraud.service", options) as (url, key, pid):
        yield Running(url, key, pid, log)
