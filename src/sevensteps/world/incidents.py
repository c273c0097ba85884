"""Known causes at known times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, slots=True)
class Incident:
    """A known cause at a known time; a world says which there are."""

    kind: str  # one of `KINDS`
    start_day: int
    days: int = 7  # how long it lasts
    size: float = 1.0  # scales it

    KINDS: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if self.kind not in self.KINDS:
            told = f"unknown incident {self.kind!r}; choose from {self.KINDS}"
            raise ValueError(told)
        if self.start_day < 0 or self.days < 1 or not 0 < self.size < np.inf:
            raise ValueError(
                "an incident needs start_day >= 0, days >= 1 and a finite size > 0; "
                f"got {self}"
            )

    def on(self, day: int) -> bool:
        """Whether the incident is under way on `day`."""
        return self.start_day <= day < self.start_day + self.days
