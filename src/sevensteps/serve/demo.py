"""What a case's `demo` module gives: a service with a small world around it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sevensteps.world.storage import sweep

from .errors import ModelError

if TYPE_CHECKING:
    from .app import App
    from .config import ServiceConfig

Report = Callable[..., None]  # how many are done, of how many
Progress = Callable[[str], AbstractContextManager[Report]]


@dataclass(frozen=True, slots=True)
class Setup:
    """How a service is to be started on this machine.

    Attributes
    ----------
    folder : what the demonstration needs is made here, and kept
    api_key : what callers send as `X-API-Key`
    port : 0 takes a free one
    deadline_ms : within which every request is answered
    """

    folder: Path
    api_key: str = field(repr=False)
    port: int
    deadline_ms: float


class Demo(Protocol):
    """A module that is one; its errors say what to do."""

    def config(self, setup: Setup, /) -> ServiceConfig:
        """How the service is started; `ValueError` if a setting makes no sense."""

    def fill(self, setup: Setup, progress: Progress = ..., /) -> None:
        """Make what is missing or damaged; `OSError`, `ServiceError` if it cannot."""

    def app(self, config: Any, /) -> App:
        """The service; `OSError`, `ServiceError` if it must not start."""

    def bodies(self, n: int, /) -> list[bytes]:
        """`n` requests, other ones each time."""


@contextmanager
def quiet(what: str) -> Iterator[Report]:
    """Progress that nobody sees."""
    yield lambda done, total=None: None


def lacks(look: Callable[[], object], *absent: type[Exception]) -> bool:
    """Whether looking for a thing finds that it is not there, or not whole."""
    try:
        look()
    except absent:
        return True
    return False


def renew(
    bundle: Path, read: Callable[[Path], object], write: Callable[[Path], object]
) -> None:
    """Write a bundle, unless there is one that is whole and of this version."""
    if lacks(lambda: read(bundle), ModelError, LookupError, TypeError):
        sweep(bundle.parent)
        shutil.rmtree(bundle, ignore_errors=True)
        write(bundle)
