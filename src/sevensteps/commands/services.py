"""The services that `sevensteps serve` and `load` know, one record each.

Light enough for the command's help: a service's own code is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sevensteps.serve.demo import Demo


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
