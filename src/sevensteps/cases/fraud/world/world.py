"""The payments world: its past, its truth, and its future under a policy."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world.disk import Progress

from .attempts import LONGEST_CAMPAIGN
from .calendar import Today, today
from .consequences import FRIENDLY, approved, incumbent, reports
from .feeds import break_feeds
from .honest import honest_day
from .live import run
from .people import People, draw_people
from .records import SCALES, Costs, History, Incident, Outcome, Policy, Size
from .rng import FRIENDLY as FRIENDLY_STREAM
from .rng import stream
from .rows import Rows, by_time, join, to_table
from .schema import CHARGEBACKS, DAY, LAST_DAY, METHODS, ONLINE, SCHEMA
from .store import cached, write
from .tables import cardholders, cards, merchants
from .theft import SHARE, campaigns, stop_after_declines
from .truth import Secrets, spans_of, truth_table

HISTORY = 0  # the luck of the past; a live run has its own


@dataclass(frozen=True)
class PaymentsWorld:
    """A card issuer's customers, merchants and thieves, with known truth.

    Parameters
    ----------
    scale : "smoke" (100 k payments), "book" (10 M), "full" (100 M), or a `Size`
    seed : all randomness follows from it
    base_rate : stolen payments per payment
    adaptation_half_life : days in which thieves' caution goes half the way to the
        share of their attempts that is declined
    caution : thieves' caution at the start, 0 bold to 1 careful
    costs : who pays what; also how people react

    Raises
    ------
    ValueError
        for an unknown scale or a rate outside (0, 0.05]
    """

    scale: str | Size = "smoke"
    seed: int = 7
    base_rate: float = 1e-4
    adaptation_half_life: float = 20.0
    caution: float = 0.15
    costs: Costs = field(default_factory=Costs)
    incidents: tuple[Incident, ...] = ()

    schema = SCHEMA

    def __post_init__(self) -> None:
        if isinstance(self.scale, str) and self.scale not in SCALES:
            raise ValueError(f"unknown scale {self.scale!r}; choose from {[*SCALES]}")
        if self.seed < 0:
            raise ValueError(f"seed must be a whole number >= 0; got {self.seed}")
        if not 0 < self.base_rate <= 0.05:
            raise ValueError(f"base_rate must lie in (0, 0.05]; got {self.base_rate}")
        if not self.adaptation_half_life > 0:
            raise ValueError("adaptation_half_life must be positive, in days")
        if not 0 <= self.caution <= 1:
            raise ValueError(f"caution must lie in [0, 1]; got {self.caution}")

    @cached_property
    def size(self) -> Size:
        """The number of people, merchants and days."""
        return SCALES[self.scale] if isinstance(self.scale, str) else self.scale

    @cached_property
    def people(self) -> People:
        """Everybody in the world; the company sees only its tables."""
        return draw_people(self.size, self.seed)

    @property
    def theft_rate(self) -> float:
        """Stolen payments per day."""
        size = self.size
        return self.base_rate * size.n_cardholders * size.payments_a_day

    def inject(self, *incidents: Incident) -> "PaymentsWorld":
        """The same world, to which something happens."""
        return replace(self, incidents=self.incidents + incidents)

    def history(
        self, days: int | None = None, *, progress: Progress | None = None
    ) -> History:
        """The company's warehouse after `days` days under the incumbent rule.

        `progress` is called after each day with (days done, days).
        """
        days = self._days(days)
        shards = []
        for shard in self.shards(0, days):
            shards.append(shard.tables(self))
            if progress:
                progress(shard.day + 1, days)
        return History(
            payments=pa.concat_tables([payments for payments, _ in shards]),
            cardholders=cardholders(self.people),
            cards=cards(self.people),
            merchants=merchants(self.people),
            chargebacks=pa.concat_tables([chargebacks for _, chargebacks in shards]),
            days=days,
        )

    def _days(self, days: int | None) -> int:
        days = self.size.days if days is None else days
        if not 1 <= days <= LAST_DAY:
            raise ValueError(f"days must lie in 1 to {LAST_DAY:,}; got {days}")
        return days

    def shards(self, first: int, last: int) -> Iterator["Shard"]:
        """Days `first` to `last` - 1, each a pure function of the seed and its day."""
        if not 0 <= first < last <= LAST_DAY:
            raise ValueError(
                f"need 0 <= first < last <= {LAST_DAY:,}; got days {first} to {last}"
            )
        stolen = self.past_attempts(first, last)
        edges = np.searchsorted(stolen.paid_at, np.arange(first, last + 1) * DAY)
        for day in range(first, last):
            start, stop = edges[day - first : day - first + 2]
            rows = self.rows(HISTORY, day, stolen.take(slice(start, stop)))
            yield Shard(day, rows, incumbent(rows, self.people))

    def rows(self, luck: int, day: int, stolen: Rows) -> Rows:
        """All attempts of a day, honest and stolen, in order of time."""
        now = today(self.people, self.seed, luck, day, self.incidents)
        rows = honest_day(self.people, self.size, self.seed, now, stolen)
        self._friendly(rows, now)
        return break_feeds(rows, self.incidents, day)

    def _friendly(self, rows: Rows, now: Today) -> None:
        """Honest-looking online payments that their own makers will dispute."""
        rng = stream(self.seed, FRIENDLY_STREAM, now.luck, now.day)
        n = int(rng.poisson(self.theft_rate * SHARE["friendly"]))
        if n == 0:
            return
        may = np.flatnonzero((rows.channel == ONLINE) & (rows.method == 0))
        may = may[self.people.disputes[self.people.card_holder[rows.card[may]]]]
        rows.method[rng.permutation(may)[:n]] = FRIENDLY

    def past_attempts(
        self, first: int, last: int, started_before: int | None = None
    ) -> Rows:
        """Stolen attempts of days `first` to `last` - 1, in order of time.

        With `started_before`, only those of campaigns that began before that day.
        """
        end = last if started_before is None else started_before
        parts = [
            self.campaigns(HISTORY, day, self.bold())
            for day in range(first - LONGEST_CAMPAIGN, end)
        ]
        planned = by_time(join(parts))
        blocked = incumbent(planned, self.people) > 0
        made = planned.take(stop_after_declines(planned, blocked))
        due = (made.paid_at >= first * DAY) & (made.paid_at < last * DAY)
        return made.take(due)

    def campaigns(self, luck: int, day: int, caution: dict[str, float]) -> Rows:
        """The campaigns that start on a day."""
        return campaigns(
            self.people, self.seed, luck, day, self.theft_rate, caution, self.incidents
        )

    def bold(self) -> dict[str, float]:
        """Every method's caution before anybody reacts."""
        return dict.fromkeys(METHODS, self.caution)

    def truth(self, history: History) -> pa.Table:
        """What only the world knows of each payment of its own history.

        Raises
        ------
        ValueError
            if the history was made by another world
        """
        secrets = [s.secrets(self) for s in self.shards(0, history.days)]
        spans = spans_of(secrets, len(self.people.card_holder))
        return truth_table(history.payments, secrets, spans)

    def _check_past(self, past: History, days: int) -> None:
        if past.days + days > LAST_DAY:
            raise ValueError(f"no world runs longer than {LAST_DAY:,} days")
        people, shops = cardholders(self.people), merchants(self.people)
        if not (past.cardholders.equals(people) and past.merchants.equals(shops)):
            raise ValueError("the history is another world's; use this world.history()")

    def write(
        self,
        directory: str | Path,
        days: int | None = None,
        *,
        progress: Progress | None = None,
    ) -> Path:
        """Write history and truth as Parquet, a day at a time; see `store.write`."""
        return write(self, Path(directory), self._days(days), progress)

    def cached(
        self,
        days: int | None = None,
        *,
        root: str | Path = "data/cache",
        progress: Progress | None = None,
    ) -> History:
        """The history, from disk if this very world was written there before."""
        return cached(self, Path(root), self._days(days), progress)

    def live(
        self,
        policy: Policy,
        days: int = 14,
        seed: int = 1,
        *,
        history: History | None = None,
        review_capacity: int = 100,
    ) -> Outcome:
        """Put a policy in production for `days` days after the history.

        The same seed gives the same people and the same luck under any policy.

        Parameters
        ----------
        policy : callable (payments of a day, View) -> (n,) actions, see `Action`
        days : length, in days
        seed : 1 to 255, the luck of this future
        history : the past that the policy may look at; made anew when absent
        review_capacity : reviews a day; what exceeds it goes through unseen

        Raises
        ------
        ValueError
            if the policy returns anything but one action per payment
        """
        if days < 1 or not 1 <= seed <= 255 or review_capacity < 0:
            raise ValueError("need days >= 1, 1 <= seed <= 255, review_capacity >= 0")
        past = self.history() if history is None else history
        self._check_past(past, days)
        return run(self, policy, days, seed, past, review_capacity)


@dataclass(frozen=True, slots=True)
class Shard:
    """One day of the past, as the world holds it."""

    day: int
    rows: Rows
    action: NDArray[np.int8]

    def secrets(self, world: PaymentsWorld) -> Secrets:
        """What only the world knows of the day."""
        return Secrets.of(
            self.rows, world.people, world.seed, self.day, world.incidents
        )

    def tables(self, world: PaymentsWorld) -> tuple[pa.Table, pa.Table]:
        """The day's payments, and the chargebacks that they will bring."""
        rows, payment_id = self.rows, self.rows.payment_id
        passed = approved(rows, self.action, world.costs)
        at, when = reports(rows, passed, world.base_rate)
        chargebacks = pa.Table.from_arrays([payment_id[at], when], schema=CHARGEBACKS)
        return to_table(rows, world.people, self.action), chargebacks
