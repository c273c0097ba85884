"""Worlds whose past is lived, day by day, under the policy that stood before."""

from abc import abstractmethod
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, cast

import pyarrow as pa

from .days import (
    Evening,
    LoggedHistory,
    LoggedOutcome,
    Progress,
    StateT,
    WorldPast,
    joined_days,
)
from .stored import HistoryT
from .world import OutcomeT, World
from .world_files import WorldWriter, read_record

UNIT_BYTES = 100  # on disk, of a unit and day
PAST = 0  # the future whose random numbers made the history; live runs have their own


@dataclass(frozen=True)
class LivedWorld(World[StateT, HistoryT, OutcomeT]):
    """A world whose past is its incumbent's live run from the first state on.

    Pasts are remembered, with their truth and last state: futures start from there.
    A world whose company holds more than its log, or whose size is more than a number
    of units, also writes `warehouse`, `outcome` and `room`.
    """

    pasts: dict[str, WorldPast[StateT]] = field(
        default_factory=dict, repr=False, compare=False, kw_only=True
    )

    state_type: ClassVar[type]  # a record of arrays, or of such records
    log: ClassVar[str] = "log"
    history_type: ClassVar[type] = LoggedHistory
    outcome_type: ClassVar[type] = LoggedOutcome

    @abstractmethod
    def first_state(self) -> StateT:
        """Everybody and everything before the first day."""

    def warehouse(self, past: WorldPast[StateT], days: int) -> HistoryT:
        """The company's tables after a past."""
        return cast(HistoryT, self.history_type(past.log, days))

    def outcome(self, days: list[Any], evening: Evening[StateT]) -> OutcomeT:
        """Days as one outcome."""
        return cast(OutcomeT, self.outcome_type(*joined_days(days), evening))

    def room(self, days: int) -> int:
        """Bytes on disk of a history with its truth, rounded up."""
        return UNIT_BYTES * int(self.size.n_units) * (days + 1)

    def history(
        self, days: int | None = None, *, progress: Progress | None = None
    ) -> HistoryT:
        """As it was lived; see `World.history`."""
        days = self.days_of(days)
        return self.warehouse(self.past(days, progress), days)

    def past(self, days: int, progress: Progress | None = None) -> WorldPast[StateT]:
        """What was, and the state after it; lived once and remembered."""
        key = self.key(days)
        if key not in self.pasts:
            start = Evening(0, self.first_state())
            lived: Any = self._lived(start, self.incumbent(), days, PAST, progress)
            log = getattr(lived, self.log)
            self.pasts[key] = WorldPast(log, lived.truth, lived.evening.state)
        return self.pasts[key]

    def truth(self, history: HistoryT) -> pa.Table:
        """What only the world knows of each row of its own history's log."""
        return self.past_of(history).truth

    def past_of(self, history: Any) -> WorldPast[StateT]:
        """The past behind a history of this world; the usual one behind None."""
        past = self.past(self.days_of(None if history is None else history.days))
        rows = past.log if history is None else getattr(history, self.log)
        if rows is not past.log and not rows.equals(past.log):
            raise ValueError("the history is another world's; use this world.history()")
        return past

    def evening(self, history: HistoryT | None) -> Evening[StateT]:
        """Where a live run starts: after a history, or after the usual one."""
        past = self.past_of(history)
        days = self.size.days if history is None else cast(Any, history).days
        return Evening(days, past.state, past.log)

    def put(self, writer: WorldWriter, days: int, progress: Progress | None) -> None:
        """Put everything of a past into files."""
        past = self.past(days, progress)
        history: Any = self.warehouse(past, days)
        for each in fields(history):
            if each.name != "days":
                writer.put(each.name, getattr(history, each.name))
        writer.put("truth", past.truth)
        writer.put("state", past.state)

    def remember(self, path: Path, days: int, history: HistoryT) -> None:
        """Keep the past behind a history from disk, so that futures start from it."""
        state = read_record(path / "state", self.state_type)
        log = getattr(history, self.log)
        self.pasts[self.key(days)] = WorldPast(log, self.read_truth(path), state)
