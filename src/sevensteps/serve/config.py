"""What a service is set up with, by a process's arguments or a case's demonstration.

A case's `demo` module gives a service with a small world around it.
"""

from __future__ import annotations

import argparse
import ipaddress
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from sevensteps.world.storage import sweep

from .bundle import ModelError

if TYPE_CHECKING:
    from .app import App

KEY_VARIABLE = "SEVENSTEPS_API_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """What is the same for all; a case adds where its parts lie.

    Raises a ValueError if it makes no sense; says what to do.
    """

    api_key: str = field(repr=False)  # what callers send as `X-API-Key`
    host: str = "127.0.0.1"  # an address of this machine that only this machine reaches
    port: int = 8077  # 0 takes a free one
    #: Within which every request is answered, from its first byte on
    deadline_ms: float = 50.0
    slow_stage: str = ""  # slow_stage, slow_ms: a stage that sleeps, for drills
    slow_ms: float = 0.0

    def __post_init__(self) -> None:
        if len(self.api_key) < 16:
            raise ValueError(
                "api_key needs at least 16 characters; make one with "
                "python -c 'import secrets; print(secrets.token_urlsafe())'"
            )
        for name, low, high in (("deadline_ms", 1, 60_000), ("port", 0, 65_535)):
            if not low <= (value := getattr(self, name)) <= high:
                raise ValueError(f"{name} must lie in {low}..{high}; got {value}")
        if not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError(
                f"host must be a loopback address as 127.0.0.1, not {self.host}: put a "
                "proxy with TLS before the service"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleConfig(ServiceConfig):
    """Of a service that needs nothing but the folder that it answers from."""

    bundle: Path

    @classmethod
    def of(cls, setup: Setup, name: str) -> Self:
        """As a demonstration sets it up, with the bundle of that name."""
        return cls(
            bundle=setup.folder / name,
            api_key=setup.api_key,
            port=setup.port,
            deadline_ms=setup.deadline_ms,
        )


def option_parser(config: type[ServiceConfig]) -> argparse.ArgumentParser:
    """An option for each field but the key; types as the defaults' or as annotated."""
    parser = argparse.ArgumentParser(description=config.__doc__)
    for each in fields(config):
        if each.name == "api_key":
            continue
        required = each.default is MISSING
        kind = str if required or each.default is None else type(each.default)
        name = "--" + each.name.replace("_", "-")
        default = None if required else each.default
        parser.add_argument(name, type=kind, required=required, default=default)
    return parser


Report = Callable[..., None]  # how many are done, of how many
Progress = Callable[[str], AbstractContextManager[Report]]


@dataclass(frozen=True, slots=True)
class Setup:
    """How a service is to be started on this machine."""

    folder: Path  # what the demonstration needs is made here, and kept
    api_key: str = field(repr=False)  # what callers send as `X-API-Key`
    port: int  # 0 takes a free one
    deadline_ms: float  # within which every request is answered


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
