"""The days of a payments world: each is drawn alone, from the seed and its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import stream
from sevensteps.world.arrays import join, take
from sevensteps.world.lived import PAST

from .attempts import LONGEST_CAMPAIGN
from .calendar import Today, today
from .consequences import FRIENDLY, approved, reports
from .feeds import break_feeds
from .honest import honest_day
from .incumbent import incumbent
from .people import People
from .records import Costs, PaymentsIncident, PaymentsSize
from .rng import FRIENDLY as FRIENDLY_STREAM
from .rows import PaymentRows, by_time, to_table
from .schema import CHARGEBACKS, DAY, LAST_DAY, METHODS, ONLINE
from .theft import SHARE, campaigns, stop_after_declines
from .truth import Secrets


@dataclass(frozen=True)
class DayDraws:
    """All that a day's payments are drawn from; see `PaymentsWorld`."""

    seed: int
    size: PaymentsSize
    people: People
    base_rate: float
    caution: float
    costs: Costs
    incidents: tuple[PaymentsIncident, ...] = ()

    @property
    def theft_rate(self) -> float:
        """Stolen payments per day."""
        size = self.size
        return self.base_rate * size.n_cardholders * size.payments_a_day

    def shards(self, first: int, last: int) -> Iterator[Shard]:
        """Days `first` to `last` - 1, each a pure function of the seed and its day."""
        if not 0 <= first < last <= LAST_DAY:
            raise ValueError(
                f"need 0 <= first < last <= {LAST_DAY:,}; got days {first} to {last}"
            )
        stolen = self.past_attempts(first, last)
        edges = np.searchsorted(stolen.paid_at, np.arange(first, last + 1) * DAY)
        for day in range(first, last):
            start, stop = edges[day - first : day - first + 2]
            rows = self.rows(PAST, day, take(stolen, slice(start, stop)))
            yield Shard(self, day, rows, incumbent(rows, self.people))

    def rows(self, future: int, day: int, stolen: PaymentRows) -> PaymentRows:
        """All attempts of a day, honest and stolen, in order of time."""
        now = today(self.people, self.seed, future, day, self.incidents)
        rows = honest_day(self.people, self.size, self.seed, now, stolen)
        self._friendly(rows, now)
        return break_feeds(rows, self.incidents, day)

    def _friendly(self, rows: PaymentRows, now: Today) -> None:
        """Honest-looking online payments that their own makers will dispute."""
        rng = stream(self.seed, FRIENDLY_STREAM, now.future, now.day)
        n = int(rng.poisson(self.theft_rate * SHARE["friendly"]))
        if n == 0:
            return
        may = np.flatnonzero((rows.channel == ONLINE) & (rows.method == 0))
        may = may[self.people.disputes[self.people.card_holder[rows.card[may]]]]
        rows.method[rng.permutation(may)[:n]] = FRIENDLY

    def past_attempts(
        self, first: int, last: int, started_before: int | None = None
    ) -> PaymentRows:
        """Stolen attempts of days `first` to `last` - 1, in order of time.

        With `started_before`, only those of campaigns that began before that day.
        """
        end = last if started_before is None else started_before
        parts = [
            self.campaigns(PAST, day, self.bold())
            for day in range(first - LONGEST_CAMPAIGN, end)
        ]
        planned = by_time(join(parts))
        blocked = incumbent(planned, self.people) > 0
        made = take(planned, stop_after_declines(planned, blocked))
        due = (made.paid_at >= first * DAY) & (made.paid_at < last * DAY)
        return take(made, due)

    def campaigns(
        self, future: int, day: int, caution: dict[str, float]
    ) -> PaymentRows:
        """The campaigns that start on a day."""
        how = self.theft_rate, caution, self.incidents
        return campaigns(self.people, self.seed, future, day, *how)

    def bold(self) -> dict[str, float]:
        """Every method's caution before anybody reacts."""
        return dict.fromkeys(METHODS, self.caution)


@dataclass(frozen=True, slots=True)
class Shard:
    """One day of the past, as the world holds it."""

    draws: DayDraws
    day: int
    rows: PaymentRows
    action: NDArray[np.int8]

    def secrets(self) -> Secrets:
        """What only the world knows of the day."""
        draws = self.draws
        return Secrets.of(
            self.rows, draws.people, draws.seed, self.day, draws.incidents
        )

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """The day's payments, and the chargebacks that they will bring."""
        rows, payment_id = self.rows, self.rows.payment_id
        draws = self.draws
        passed = approved(rows, self.action, draws.costs)
        at, when = reports(rows, passed, draws.base_rate)
        chargebacks = pa.Table.from_arrays([payment_id[at], when], schema=CHARGEBACKS)
        return to_table(rows, draws.people, self.action), chargebacks
