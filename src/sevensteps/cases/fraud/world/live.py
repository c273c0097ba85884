"""The days of a payments world, drawn alone or lived under a policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sevensteps.world import stream
from sevensteps.world.arrays import join, take
from sevensteps.world.world import PAST

from . import consequences, schema
from .attempts import LONGEST_CAMPAIGN, Underworld, stop_after_declines
from .honest import Today, honest_day, honest_ip_risk
from .people import People
from .rng import FRIENDLY_STREAM, STALE, Bools, Codes, Ids
from .rows import PaymentRows, by_time, fine_uniforms
from .theft import campaigns


@dataclass(frozen=True)
class DayDraws:
    """All that a day's payments are drawn from; see `PaymentsWorld`."""

    people: People
    base_rate: float
    caution: float
    costs: schema.Costs
    incidents: tuple[schema.PaymentsIncident, ...] = ()

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
        edges = np.searchsorted(stolen.paid_at, np.arange(first, last + 1) * schema.DAY)
        for day in range(first, last):
            start, stop = edges[day - first : day - first + 2]
            now = self.today(PAST, day)
            rows = self.rows(now, take(stolen, slice(start, stop)))
            yield Shard(self, now, rows, consequences.incumbent(rows, self.people))

    def rows(self, now: Today, stolen: PaymentRows) -> PaymentRows:
        """All attempts of a day, honest and stolen, in order of time."""
        rows = honest_day(now, stolen)
        self._friendly(rows, now)
        return break_feeds(rows, now)

    def _friendly(self, rows: PaymentRows, now: Today) -> None:
        """Honest-looking online payments that their own makers will dispute."""
        rng = stream(self.people.seed, FRIENDLY_STREAM, now.future, now.day)
        n = int(rng.poisson(self.theft_rate * schema.SHARE["friendly"]))
        may = np.flatnonzero((rows.channel == schema.ONLINE) & (rows.method == 0))
        may = may[self.people.disputes[self.people.card_holder[rows.card[may]]]]
        rows.method[rng.permutation(may)[:n]] = schema.FRIENDLY

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
        blocked = consequences.incumbent(planned, self.people) > 0
        made = take(planned, stop_after_declines(planned, blocked))
        due = (made.paid_at >= first * schema.DAY) & (made.paid_at < last * schema.DAY)
        return take(made, due)

    def campaigns(self, now: Today, caution: dict[str, float]) -> PaymentRows:
        """The campaigns that start on a day."""
        return campaigns(now, self.theft_rate, caution)

    def bold(self) -> dict[str, float]:
        """Every method's caution before anybody reacts."""
        return dict.fromkeys(schema.METHODS, self.caution)


@dataclass(frozen=True, slots=True)
class Shard:
    """One day of the past, as the world holds it."""

    draws: DayDraws
    now: Today
    rows: PaymentRows
    action: Codes

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """The day's payments, and the chargebacks that they will bring."""
        passed = consequences.approved(self.rows, self.action, self.draws.costs)
        _, chargebacks = consequences.reports(self.rows, passed, self.draws.base_rate)
        return consequences.to_table(
            self.rows, self.draws.people, self.action
        ), chargebacks


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


@dataclass(frozen=True, slots=True)
class ProductionState:
    """Production on an evening."""

    history: schema.PaymentsHistory  # what was known when the run began
    thieves: Underworld
    gone: Bools  # (cardholders,) left for good
    chargebacks: pa.Table  # reported since the run began, or still to come
    complained: tuple[Ids, Ids]  # cards and instants of those of live payments
    spans: consequences.Spans  # of thefts since the run began

    @classmethod
    def first(
        cls, past: schema.PaymentsHistory, thieves: Underworld
    ) -> ProductionState:
        """The evening after a history."""
        early = pc.less(past.chargebacks["reported_at"], past.days * schema.DAY)
        return cls(
            history=replace(past, chargebacks=past.chargebacks.filter(early)),
            thieves=thieves,
            gone=np.zeros(past.cardholders.num_rows, bool),
            chargebacks=past.chargebacks.filter(pc.invert(early)),
            complained=(np.empty(0, np.int32), np.empty(0, np.int32)),
            spans=consequences.no_thefts(past.cards.num_rows),
        )

    def after(
        self, day: Decided, complained: Ids, chargebacks: pa.Table, leavers: Ids
    ) -> ProductionState:
        """The evening after a day: whose cards brought chargebacks, and who left."""
        gone = self.gone.copy()
        gone[leavers] = True
        card, when = self.complained
        reported_at = chargebacks["reported_at"].to_numpy()
        return replace(
            self,
            thieves=day.thieves,
            gone=gone,
            chargebacks=pa.concat_tables([self.chargebacks, chargebacks]),
            complained=(np.r_[card, complained], np.r_[when, reported_at]),
            spans=consequences.theft_spans(day.rows, self.spans),
        )

    def view(self, day: int, review_capacity: int) -> schema.PaymentsView:
        """What a policy may look at on a day."""
        when = self.chargebacks["reported_at"]
        since = max(self.history.days, day - 1) * schema.DAY
        late, early = pc.greater_equal(when, since), pc.less(when, day * schema.DAY)
        fresh = self.chargebacks.filter(pc.and_(late, early))
        return schema.PaymentsView(day, self.history, fresh, review_capacity)

    def closed(self, day: int) -> Ids:
        """Cards reported before today: the company has closed them to thieves."""
        card, reported_at = self.complained
        return card[reported_at < day * schema.DAY]


@dataclass(frozen=True, slots=True)
class Decided:
    """A day's payments, what was decided, and what thieves made of it."""

    now: Today
    rows: PaymentRows
    action: Codes
    passed: Bools
    thieves: Underworld


@dataclass(frozen=True, slots=True)
class LiveDay:
    """What one day of production leaves behind."""

    day: int
    payments: pa.Table
    secrets: pa.Table
    chargebacks: pa.Table
    ledger: pa.Table
    caution: dict[str, float]
    log: None = None  # a policy keeps its own


def decided(policy: schema.Policy, batch: pa.Table, view: schema.PaymentsView) -> Codes:
    """The policy's (n,) actions, checked; reviews beyond capacity go through unseen."""
    n, answer = batch.num_rows, np.asarray(policy(batch, view))
    if answer.shape != (n,) or answer.dtype.kind not in "iu":
        raise ValueError(
            f"a policy must return {n} integer actions, one per payment; "
            f"on day {view.day} it returned {answer.dtype} of shape {answer.shape}"
        )
    wrong = np.unique(answer[~np.isin(answer, list(schema.Action))])[:3]
    if len(wrong):
        raise ValueError(
            f"actions must be {[*map(int, schema.Action)]}, see Action; on day "
            f"{view.day} the policy returned {wrong.tolist()}"
        )
    action = answer.astype(np.int8)
    reviews = np.flatnonzero(action == schema.Action.REVIEW)  # in order of time
    action[reviews[view.review_capacity :]] = schema.Action.ALLOW
    return action
