"""What every synthetic world shares: its face, its days, its past and its future.

A world is a company's customers and everything around them, with known truth.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, cast

import pyarrow as pa

from .arrays import whole
from .days import (
    Evening,
    LoggedHistory,
    LoggedOutcome,
    Progress,
    StateT,
    WorldPast,
    joined_days,
)
from .stored import HistoryT, StoredWorld, WorldWriter, read_record
from .streams import Arms

OutcomeT = TypeVar("OutcomeT")

LAST_FUTURE = 255


@dataclass(frozen=True)
class World(StoredWorld[HistoryT], Generic[StateT, HistoryT, OutcomeT]):
    """A world with known truth.

    A subclass sets the class attributes and writes the abstract methods. The hooks of
    a day are `open` (before anybody comes), `serve` (people come, the policy is asked,
    people respond: as often as the world wants) and `close` (what follows, and what is
    recorded). None of them changes the state that it is given.
    """

    # What a subclass writes.

    @abstractmethod
    def history(
        self, days: int | None = None, *, progress: Progress | None = None
    ) -> HistoryT:
        """The company's warehouse after `days` days under the incumbent policy.

        `progress` is called after each day with (days done, days).
        """

    @abstractmethod
    def incumbent(self) -> Any:
        """The policy that made the past."""

    @abstractmethod
    def evening(self, history: HistoryT | None) -> Evening[StateT]:
        """Where a live run starts: after a history, or after the usual one."""

    @abstractmethod
    def truth(self, history: HistoryT) -> pa.Table:
        """What only the world knows of each row of its own history's log."""

    def open(self, state: StateT, day: int) -> StateT:
        """What happens before anybody comes."""
        return state

    @abstractmethod
    def serve(
        self, state: StateT, policy: Any, day: int, future: int, log: pa.Table | None
    ) -> Any:
        """People come, the policy decides, people respond.

        `future` says which random numbers, see `unit_streams`; `log` is what the
        policy has not been shown yet.
        """

    @abstractmethod
    def close(
        self, state: StateT, served: Any, day: int, future: int
    ) -> tuple[StateT, Any]:
        """The state on the evening, and the day's record, which has a `log`."""

    @abstractmethod
    def outcome(self, days: list[Any], evening: Evening[StateT]) -> OutcomeT:
        """What followed from a policy, from the records of its days."""

    # What every world has.

    def arms(
        self, policies: Mapping[str, Any], seed: int = 0, *, apart: bool = False
    ) -> Arms:
        """One policy made of several, each with its own units; see `Arms`."""
        return Arms(policies, self.unit, self.purpose, seed, apart)

    def live(
        self,
        policy: Any,
        days: int = 7,
        seed: int = 1,
        *,
        history: HistoryT | None = None,
        after: Any = None,
        progress: Progress | None = None,
    ) -> OutcomeT:
        """Put a policy in production for `days` days after the history.

        The same seed, 1 to 255, gives the same people and random numbers under any
        policy.

        Parameters
        ----------
        policy : callable (requests, view) -> its answer, or the world's oracle
        history : the past that it follows; the usual one when absent
        after : go on from this outcome's last evening instead. With the same seed and
            the policy as it was left, the days are those of one run without a stop;
            a world with other incidents branches off
        progress : called after each day with (days done, days)

        Raises a ValueError if the policy's answer makes no sense, or the history is
        another world's.
        """
        whole("days", days, 1, self.last_day)
        whole("seed", seed, 1, LAST_FUTURE)
        start = self.evening(history) if after is None else after.evening
        if start.days + days > self.last_day:
            raise ValueError(
                f"no {self.kind} world runs longer than {self.last_day:,} days; "
                f"{days:,} more after {start.days:,} are too many"
            )
        return self._lived(start, policy, days, seed, progress)

    def _lived(
        self,
        start: Evening[StateT],
        policy: Any,
        n_days: int,
        future: int,
        progress: Progress | None,
    ) -> OutcomeT:
        """Days from an evening on."""
        state, log, lived = start.state, start.log, list[Any]()
        for day in range(start.days, start.days + n_days):
            state = self.open(state, day)
            served = self.serve(state, policy, day, future, log)
            state, record = self.close(state, served, day, future)
            lived.append(record)
            log = record.log
            if progress:
                progress(len(lived), n_days)
        return self.outcome(lived, Evening(start.days + n_days, state, log))


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
