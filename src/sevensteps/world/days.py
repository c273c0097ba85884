"""What happens on known days, what days leave behind, where a world stands after."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

StateT = TypeVar("StateT")
Progress = Callable[[int, int], None]  # days done, of how many


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
            wanted = "start_day >= 0, days >= 1 and a finite size > 0"
            raise ValueError(f"an incident needs {wanted}; got {self}")

    def on(self, day: int) -> bool:
        """Whether the incident is under way on `day`."""
        return self.start_day <= day < self.start_day + self.days


@dataclass(frozen=True, slots=True)
class Evening(Generic[StateT]):
    """Where a world stands after so many days."""

    days: int  # since the world began
    state: StateT  # the world's own record of everything and everybody
    log: pa.Table | None = None  # what a policy that starts tomorrow may read first


@dataclass(frozen=True, slots=True)
class WorldPast(Generic[StateT]):
    """What was logged, what was true of it, and the state after it."""

    log: pa.Table
    truth: pa.Table
    state: StateT


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What one day leaves behind."""

    log: pa.Table
    truth: pa.Table  # what only the world knows of each row of the log
    units: pd.DataFrame  # one row for each session or page
    sums: Mapping[str, float]  # the day's row of `daily`, with its `day`


@dataclass(frozen=True, slots=True)
class LoggedSize:
    """So many units, who leave a log for so many days."""

    n_units: int
    days: int

    def __post_init__(self) -> None:
        if self.n_units < 100 or self.days < 1:
            raise ValueError(f"need n_units >= 100 and days >= 1; got {self}")


@dataclass(frozen=True, slots=True)
class LoggedHistory:
    """What a company holds that has nothing but its log."""

    log: pa.Table
    days: int


@dataclass(frozen=True, slots=True)
class LoggedView:
    """What a policy may look at: the day, and the log since it was last asked."""

    day: int
    log: pa.Table | None


@dataclass(frozen=True, slots=True)
class LoggedOutcome(Generic[StateT]):
    """What followed from a policy; see `DayRecord`."""

    log: pa.Table
    truth: pa.Table
    units: pd.DataFrame
    daily: pd.DataFrame
    evening: Evening[StateT]


def joined_days(
    days: Sequence[DayRecord],
) -> tuple[pa.Table, pa.Table, pd.DataFrame, pd.DataFrame]:
    """Log, truth, units and sums by day, one day after another."""
    return (
        pa.concat_tables([d.log for d in days]),
        pa.concat_tables([d.truth for d in days]),
        pd.concat([d.units for d in days], ignore_index=True),
        pd.DataFrame([d.sums for d in days]).set_index("day"),
    )
