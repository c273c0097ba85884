"""What days leave behind, and where a world stands after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import pandas as pd
import pyarrow as pa

StateT = TypeVar("StateT")
Progress = Callable[[int, int], None]  # days done, of how many


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
