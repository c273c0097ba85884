"""How the search service is set up."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from sevensteps.serve.config import check_reach


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """Everything that the search needs.

    Parameters
    ----------
    bundle : folder written by `export_search`
    api_key : what callers send as `X-API-Key`
    host : an address of this machine that only this machine reaches
    deadline_ms : within which every search is answered
    synonyms : the merchandisers' file, in place of the bundle's table
    changes : file where stock, products and rules that were posted survive a restart;
        without one they are gone
    remembers : answers that are kept; 0 keeps none
    keeps_s : seconds that one is believed
    max_in_flight : beyond so many at once, what is not remembered gets bestsellers; so
        many times the work of one must fit into the deadline
    slow_stage, slow_ms : a stage that sleeps, for drills

    Raises
    ------
    ValueError                if it makes no sense
    """

    bundle: Path
    api_key: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8079
    deadline_ms: float = 200.0
    synonyms: Path | None = None
    changes: Path | None = None
    remembers: int = 10_000
    keeps_s: float = 60.0
    max_in_flight: int = 12
    slow_stage: str = ""
    slow_ms: float = 0.0

    def __post_init__(self) -> None:
        check_reach(self.api_key, self.deadline_ms, self.port)
        if not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError(
                f"host must be a loopback address as 127.0.0.1, not {self.host}: put a "
                "proxy with TLS before the service"
            )
        if self.remembers < 0 or self.keeps_s <= 0 or self.max_in_flight < 1:
            raise ValueError(
                "need remembers >= 0, keeps_s above 0 and max_in_flight >= 1"
            )
