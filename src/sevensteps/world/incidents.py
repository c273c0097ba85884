"""Known causes at known times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, slots=True)
class Incident:
    """A known cause at a known time; a world says which there are.

    Attributes
    ----------
    kind : str                one of `KINDS`
    start_day, days : int     when it begins, and how long it lasts
    size : float              scales it; 1.0 is the usual one

    Raises
    ------
    ValueError
        for another kind, a day before the first, no days or no size
    """

    kind: str
    start_day: int
    days: int = 7
    size: float = 1.0

    KINDS: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if self.kind not in self.KINDS:
            raise ValueError(
                f"unknown incident {self.kind!r}; choose from {self.KINDS}"
            )
        if self.start_day < 0 or self.days < 1 or not 0 < self.size < np.inf:
            raise ValueError(
                "an incident needs start_day >= 0, days >= 1 and a finite size > 0; "
                f"got {self}"
            )

    def on(self, day: int) -> bool:
        """Whether the incident is under way on `day`."""
        return self.start_day <= day < self.start_day + self.days
