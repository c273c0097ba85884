"""What a case registers: its name, and where its parts are.

Each package in `cases` holds a record `CASE`. Commands, contract tests and the site
read the records and name no case. A record is light: a part is imported when it is
first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sevensteps.serve.config import Demo


@dataclass(frozen=True, slots=True)
class ServiceFace:
    """A case's service, as those see it who call it."""

    port: int  # unless the reader chooses another
    deadline_ms: float  # likewise
    path: str  # where requests are posted
    asks: str  # what they are about, in the plural
    fallback: str  # how an answer is called that did not come from the model

    @property
    def url(self) -> str:
        """Where it answers unless told otherwise."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt's code."""

    slug: str  # its folder in `cases`, its bank, the beginning of its chapter's name
    world: str  # the name of its world in `cases/<slug>/world`
    service: ServiceFace | None = None  # `cases/<slug>/demo` starts it
    #: What takes a reader's own tables: option of `run`, and the `module:function` of
    #: the case that gets the folder and returns a report to print.
    data: tuple[tuple[str, str], ...] = ()
    tables: str = ""  # what a folder for these options holds, for messages

    def part(self, module: str) -> Any:
        """A module of the case, imported now."""
        return import_module(f"sevensteps.cases.{self.slug}.{module}")

    def make_world(self, **how: Any) -> Any:
        """The case's world: `make_world(scale="smoke", seed=7)`."""
        return getattr(self.part("world"), self.world)(**how)

    def runner(self, option: str) -> Callable[[Path], object]:
        """What an option of `run` that the case has does with a folder."""
        module, function = dict(self.data)[option].split(":")
        run: Callable[[Path], object] = attrgetter(function)(self.part(module))
        return run

    def demo(self) -> Demo:
        """What starts the service and asks it."""
        demo: Demo = self.part("demo")
        return demo

    @property
    def cache(self) -> Path:
        """Where the demonstration's parts and its key are kept."""
        return Path("data") / "cache" / f"{self.slug}-service"
