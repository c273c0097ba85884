"""What every synthetic world shares: its face, its days, its past and its future.

A world is a company's customers and everything around them, with known truth.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pyarrow as pa

from .arms import Arms
from .checks import whole
from .days import Evening, Progress, StateT
from .stored import HistoryT, StoredWorld

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
