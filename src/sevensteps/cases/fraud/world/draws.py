"""The days of a payments world: each is drawn alone, from the seed and its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sevensteps.world import stream
from sevensteps.world.arrays import join, take
from sevensteps.world.world import PAST

from .attempts import LONGEST_CAMPAIGN
from .calendar import Today
from .consequences import approved, reports
from .honest import honest_day, honest_ip_risk
from .incumbent import incumbent
from .kinds import FRIENDLY, METHODS, SHARE
from .people import People
from .records import Costs, PaymentsIncident
from .rng import FRIENDLY_STREAM, STALE, Codes, fine_uniforms
from .rows import PaymentRows, by_time
from .schema import DAY, ONLINE
from .tables import to_table
from .theft import campaigns, stop_after_declines


@dataclass(frozen=True)
class DayDraws:
    """All that a day's payments are drawn from; see `PaymentsWorld`."""

    people: People
    base_rate: float
    caution: float
    costs: Costs
    incidents: tuple[PaymentsIncident, ...] = ()

    @property
    def theft_rate(self) -> float:
        """Stolen payments per day."""
        size = self.people.size
        return self.base_rate * size.n_cardholders * size.payments_a_day

    def today(self, future: int, day: int) -> Today:
        """What all payments of a day share."""
        return Today(self.people, future, day, self.incidents)

    def shards(self, first: int, last: int) -> Iterator[Shard]:
        """Days `first` to `last` - 1, each a pure function of the seed and its day."""
        stolen = self.past_attempts(first, last)
        edges = np.searchsorted(stolen.paid_at, np.arange(first, last + 1) * DAY)
        for day in range(first, last):
            start, stop = edges[day - first : day - first + 2]
            now = self.today(PAST, day)
            rows = self.rows(now, take(stolen, slice(start, stop)))
            yield Shard(self, now, rows, incumbent(rows, self.people))

    def rows(self, now: Today, stolen: PaymentRows) -> PaymentRows:
        """All attempts of a day, honest and stolen, in order of time."""
        rows = honest_day(now, stolen)
        self._friendly(rows, now)
        return break_feeds(rows, now)

    def _friendly(self, rows: PaymentRows, now: Today) -> None:
        """Honest-looking online payments that their own makers will dispute."""
        rng = stream(self.people.seed, FRIENDLY_STREAM, now.future, now.day)
        n = int(rng.poisson(self.theft_rate * SHARE["friendly"]))
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
            self.campaigns(self.today(PAST, day), self.bold())
            for day in range(first - LONGEST_CAMPAIGN, end)
        ]
        planned = by_time(join(parts))
        blocked = incumbent(planned, self.people) > 0
        made = take(planned, stop_after_declines(planned, blocked))
        due = (made.paid_at >= first * DAY) & (made.paid_at < last * DAY)
        return take(made, due)

    def campaigns(self, now: Today, caution: dict[str, float]) -> PaymentRows:
        """The campaigns that start on a day."""
        return campaigns(now, self.theft_rate, caution)

    def bold(self) -> dict[str, float]:
        """Every method's caution before anybody reacts."""
        return dict.fromkeys(METHODS, self.caution)


@dataclass(frozen=True, slots=True)
class Shard:
    """One day of the past, as the world holds it."""

    draws: DayDraws
    now: Today
    rows: PaymentRows
    action: Codes

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """The day's payments, and the chargebacks that they will bring."""
        passed = approved(self.rows, self.action, self.draws.costs)
        _, chargebacks = reports(self.rows, passed, self.draws.base_rate)
        return to_table(self.rows, self.draws.people, self.action), chargebacks


def break_feeds(rows: PaymentRows, now: Today) -> PaymentRows:
    """What the company is shown today; the money that moves stays as it was."""
    for incident in now.under_way("unit_change"):
        # some merchants (2 % x size, by a hash of their id) send cents as euros
        share = min(1.0, 0.02 * incident.size)
        hashed = rows.merchant.astype(np.int64) * 2_654_435_761 % 1_000
        cents = np.where(hashed < 1_000 * share, rows.charged * 100, rows.charged)
        rows.amount = cents.astype(np.float32)
    if now.under_way("stale_feed"):  # the usual distribution, and no information
        u = fine_uniforms(rows.random_key, STALE).astype(np.float32)
        score = np.where(np.isnan(rows.ip_risk), np.nan, honest_ip_risk(u))
        rows.ip_risk = score.astype(np.float32)
    return rows
