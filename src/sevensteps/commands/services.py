"""The services that `sevensteps serve` and `load` know, one record each.

Light enough for the command's help: a service's own code is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sevensteps.serve.app import App
    from sevensteps.serve.config import ServiceConfig


@dataclass(frozen=True, slots=True)
class Setup:
    """How a service is to be started on this machine.

    Attributes
    ----------
    folder : what the demonstration needs is made here, and kept
    api_key : what callers send as `X-API-Key`
    port : 0 takes a free one
    deadline_ms : within which every request is answered
    store : folder or Redis address of somebody's own store; None for the cache's
    """

    folder: Path
    api_key: str = field(repr=False)
    port: int
    deadline_ms: float
    store: str | None = None


class Demo(Protocol):
    """A service with a small world around it; a module of `demos` is one."""

    def config(self, setup: Setup, /) -> ServiceConfig:
        """How the service is started; checks the settings.

        Raises
        ------
        ValueError                if one makes no sense
        """

    def fill(self, setup: Setup, /) -> None:
        """Make what is missing or damaged.

        Raises
        ------
        OSError, ServiceError     if that cannot be, with the reason
        """

    def app(self, config: Any, /) -> App:
        """The service.

        Raises
        ------
        OSError, ServiceError     if it must not start; says why
        """

    def bodies(self, n: int, /) -> list[bytes]:
        """`n` requests, other ones each time."""


@dataclass(frozen=True, slots=True)
class Service:
    """A chapter's service, as the commands know it.

    Attributes
    ----------
    name : of the chapter
    port, deadline_ms : unless the reader chooses others
    path : where requests are posted
    asks : what the requests are about, in the plural
    fallback : how an answer is called that did not come from the model
    demo : imports what serves and what asks
    stores : whether `--store` means anything to it
    """

    name: str
    port: int
    deadline_ms: float
    path: str
    asks: str
    fallback: str
    demo: Callable[[], Demo]
    stores: bool = False

    @property
    def cache(self) -> Path:
        """Where the demonstration's parts and its key are kept."""
        return Path("data") / "cache" / f"{self.name}-service"

    @property
    def url(self) -> str:
        """Where it answers unless told otherwise."""
        return f"http://127.0.0.1:{self.port}"


def _fraud() -> Demo:
    from sevensteps.cases.fraud import demo as fraud

    return fraud


def _video() -> Demo:
    from sevensteps.cases.video import demo as video

    return video


def _search() -> Demo:
    from sevensteps.cases.search import demo as search

    return search


SERVICES = {
    service.name: service
    for service in (
        Service(
            name="fraud",
            port=8077,
            deadline_ms=50.0,
            path="/v1/decisions",
            asks="payments",
            fallback="by the rules",
            demo=_fraud,
            stores=True,
        ),
        Service(
            name="video",
            port=8078,
            deadline_ms=150.0,
            path="/v1/pages",
            asks="pages",
            fallback="from a fallback",
            demo=_video,
        ),
        Service(
            name="search",
            port=8079,
            deadline_ms=200.0,
            path="/v1/search",
            asks="searches",
            fallback="from a fallback",
            demo=_search,
        ),
    )
}
