"""A policy in production: the world answers, day by day.

A day is decided in one call; what thieves would have tried after they gave up on
that day is removed afterwards, as if it had never been sent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sevensteps.world.arrays import join, take

from .consequences import Spans, no_thefts, theft_spans
from .honest import Today
from .records import PaymentsHistory, PaymentsView, Policy
from .rows import Bools, Codes, Doubles, Ids, Longs, PaymentRows, by_time
from .schema import DAY, METHODS, PATIENCE, Action
from .theft import stop_after_declines

MEMORY = 0.5 ** (1 / 7)  # thieves judge by their last weeks: half-life 7 days


def _by_method() -> Doubles:
    return np.zeros(len(METHODS))


@dataclass(slots=True)
class Underworld:
    """The thieves' side of a live run: plans, setbacks and what they learn."""

    half_life: float
    caution: dict[str, float]
    pending: PaymentRows
    setbacks: Counter[int] = field(default_factory=Counter)
    tried: Doubles = field(default_factory=_by_method)
    declined: Doubles = field(default_factory=_by_method)

    def due(self, day: int, fresh: PaymentRows, closed: Ids) -> PaymentRows:
        """Today's attempts, in order of time, on cards that are still open."""
        every = join([self.pending, fresh])
        given_up = self._earlier(every) >= PATIENCE[every.method]
        every = take(every, ~np.isin(every.card, closed) & ~given_up)
        now = every.paid_at < (day + 1) * DAY
        self.pending = take(every, ~now)
        return by_time(take(every, now))

    def made(self, rows: PaymentRows, declined: Bools) -> Bools:
        """(n,) whether each payment is still tried, given the day's declines.

        Thieves learn from what they tried.
        """
        at = np.flatnonzero(rows.campaign >= 0)
        planned = take(rows, at)
        still = stop_after_declines(planned, declined[at], self._earlier(planned))
        made = np.ones(len(rows), bool)
        made[at] = still
        self._learn(take(planned, still), declined[at][still])
        return made

    def _earlier(self, rows: PaymentRows) -> Longs:
        """Declines that each row's campaign has met so far."""
        return np.array([self.setbacks[c] for c in rows.campaign.tolist()], np.int64)

    def _learn(self, rows: PaymentRows, declined: Bools) -> None:
        """Count setbacks; move caution towards the share of attempts declined."""
        self.setbacks.update(rows.campaign[declined].tolist())
        n = len(METHODS)
        self.tried = MEMORY * self.tried + np.bincount(rows.method, minlength=n)
        hit = np.bincount(rows.method[declined], minlength=n)
        self.declined = MEMORY * self.declined + hit
        step = 1 - 0.5 ** (1 / self.half_life)
        for code, method in enumerate(METHODS):
            if self.tried[code] > 0.5:
                target = self.declined[code] / self.tried[code]
                self.caution[method] += step * (target - self.caution[method])


@dataclass(frozen=True, slots=True)
class ProductionState:
    """Production on an evening."""

    history: PaymentsHistory  # what was known when the run began
    thieves: Underworld
    gone: Bools  # (cardholders,) left for good
    chargebacks: pa.Table  # reported since the run began, or still to come
    complained: tuple[Ids, Ids]  # cards and instants of those of live payments
    spans: Spans  # of thefts since the run began

    @classmethod
    def first(cls, past: PaymentsHistory, thieves: Underworld) -> ProductionState:
        """The evening after a history."""
        early = pc.less(past.chargebacks["reported_at"], past.days * DAY)
        return cls(
            history=replace(past, chargebacks=past.chargebacks.filter(early)),
            thieves=thieves,
            gone=np.zeros(past.cardholders.num_rows, bool),
            chargebacks=past.chargebacks.filter(pc.invert(early)),
            complained=(np.empty(0, np.int32), np.empty(0, np.int32)),
            spans=no_thefts(past.cards.num_rows),
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
            spans=theft_spans(day.rows, self.spans),
        )

    def view(self, day: int, review_capacity: int) -> PaymentsView:
        """What a policy may look at on a day."""
        when = self.chargebacks["reported_at"]
        since = max(self.history.days, day - 1) * DAY
        late, early = pc.greater_equal(when, since), pc.less(when, day * DAY)
        fresh = self.chargebacks.filter(pc.and_(late, early))
        return PaymentsView(day, self.history, fresh, review_capacity)

    def closed(self, day: int) -> Ids:
        """Cards reported before today: the company has closed them to thieves."""
        card, reported_at = self.complained
        return card[reported_at < day * DAY]


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


def decided(policy: Policy, batch: pa.Table, view: PaymentsView) -> Codes:
    """The policy's (n,) actions; reviews beyond capacity go through unseen.

    Raises
    ------
    ValueError
        if the policy answers anything else
    """
    n, answer = batch.num_rows, np.asarray(policy(batch, view))
    if answer.shape != (n,) or answer.dtype.kind not in "iu":
        raise ValueError(
            f"a policy must return {n} integer actions, one per payment; "
            f"on day {view.day} it returned {answer.dtype} of shape {answer.shape}"
        )
    wrong = np.unique(answer[~np.isin(answer, list(Action))])[:3]
    if len(wrong):
        raise ValueError(
            f"actions must be {[*map(int, Action)]}, see Action; on day {view.day} "
            f"the policy returned {wrong.tolist()}"
        )
    action = answer.astype(np.int8)
    reviews = np.flatnonzero(action == Action.REVIEW)  # in order of time
    action[reviews[view.review_capacity :]] = Action.ALLOW
    return action
