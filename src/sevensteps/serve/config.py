"""What every service is set up with, and how a process is told of it."""

from __future__ import annotations

import argparse
import ipaddress
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from .demo import Setup

KEY_VARIABLE = "SEVENSTEPS_API_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """What is the same for all; a case adds where its parts lie.

    Parameters
    ----------
    api_key : what callers send as `X-API-Key`
    host : an address of this machine that only this machine reaches
    port : 0 takes a free one
    deadline_ms : within which every request is answered, from its first byte on
    slow_stage, slow_ms : a stage that sleeps, for drills

    Raises
    ------
    ValueError                if it makes no sense; says what to do
    """

    api_key: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8077
    deadline_ms: float = 50.0
    slow_stage: str = ""
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
