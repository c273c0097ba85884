"""A policy in production: the world answers, day by day.

A day is decided in one call; what thieves would have tried after they gave up on
that day is removed afterwards, as if it had never been sent.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .consequences import approved, leaves, money, reports
from .records import History, Outcome, Policy, View
from .rows import Rows, by_time, join, to_table
from .schema import CHARGEBACKS, DAY, LEDGER, METHODS, Action
from .theft import PATIENCE, stop_after_declines
from .truth import Secrets, spans_of, truth_table

if TYPE_CHECKING:
    from .world import PaymentsWorld

MEMORY = 0.5 ** (1 / 7)  # thieves judge by their last weeks: half-life 7 days


@dataclass(slots=True)
class Underworld:
    """The thieves' side of a live run: plans, setbacks and what they learn."""

    half_life: float
    caution: dict[str, float]
    pending: Rows
    setbacks: Counter[int] = field(default_factory=Counter)
    tried: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(METHODS)))
    declined: NDArray[np.float64] = field(
        default_factory=lambda: np.zeros(len(METHODS))
    )

    def due(self, day: int, fresh: Rows, closed: NDArray[np.int32]) -> Rows:
        """Today's attempts, in order of time, on cards that are still open."""
        every = join([self.pending, fresh])
        every = every.take(~np.isin(every.card, closed) & ~self._given_up(every))
        now = every.paid_at < (day + 1) * DAY
        self.pending = every.take(~now)
        return by_time(every.take(now))

    def earlier(self, rows: Rows) -> NDArray[np.int64]:
        """Declines that each row's campaign has met so far."""
        return np.array([self.setbacks[c] for c in rows.campaign.tolist()], np.int64)

    def _given_up(self, rows: Rows) -> NDArray[np.bool_]:
        return self.earlier(rows) >= PATIENCE[rows.method]

    def learn(self, rows: Rows, declined: NDArray[np.bool_]) -> None:
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
class Day:
    """What one day of production leaves behind."""

    payments: pa.Table
    secrets: Secrets
    chargebacks: pa.Table
    cards: NDArray[np.int32]  # of the chargebacks
    ledger: pa.Table
    leavers: NDArray[np.int32]


def run(
    world: "PaymentsWorld",
    policy: Policy,
    n_days: int,
    luck: int,
    history: History,
    review_capacity: int,
) -> Outcome:
    """See `PaymentsWorld.live`."""
    first = history.days
    start = first * DAY
    known = pc.less(history.chargebacks["reported_at"], start)
    past = replace(history, chargebacks=history.chargebacks.filter(known))
    to_come = history.chargebacks.filter(pc.invert(known))
    thieves = Underworld(
        world.adaptation_half_life,
        world.bold(),
        world.past_attempts(first, first + n_days, started_before=first),
    )
    days: list[Day] = []
    gone = np.zeros(len(world.people.x), bool)
    caution = []
    for day in range(first, first + n_days):
        told = pa.concat_tables([to_come, *(d.chargebacks for d in days)])
        view = View(day, past, _reported(told, first, day), review_capacity)
        done = _one_day(world, policy, view, luck, thieves, gone, _closed(days, day))
        days.append(done)
        gone[done.leavers] = True
        caution.append({"day": day, **thieves.caution})
    learned = pd.DataFrame(caution).set_index("day").drop(columns="none")
    return _outcome(days, len(world.people.card_holder), learned)


def _outcome(days: list[Day], n_cards: int, caution: pd.DataFrame) -> Outcome:
    """The days, one after another."""
    payments = pa.concat_tables([d.payments for d in days])
    secrets = [d.secrets for d in days]
    return Outcome(
        payments=payments,
        truth=truth_table(payments, secrets, spans_of(secrets, n_cards)),
        chargebacks=pa.concat_tables([d.chargebacks for d in days]),
        ledger=pa.concat_tables([d.ledger for d in days]),
        caution=caution,
    )


def _reported(told: pa.Table, first: int, day: int) -> pa.Table:
    """Chargebacks that arrived yesterday; none on the first day."""
    when = told["reported_at"]
    since = max(first, day - 1) * DAY
    return told.filter(pc.and_(pc.greater_equal(when, since), pc.less(when, day * DAY)))


def _closed(days: list[Day], day: int) -> NDArray[np.int32]:
    """Cards reported before today: the company has closed them to thieves."""
    parts = [d.cards[d.chargebacks["reported_at"].to_numpy() < day * DAY] for d in days]
    return np.concatenate([np.empty(0, np.int32), *parts])


def _one_day(
    world: "PaymentsWorld",
    policy: Policy,
    view: View,
    luck: int,
    thieves: Underworld,
    gone: NDArray[np.bool_],
    closed: NDArray[np.int32],
) -> Day:
    """Attempts, decisions, consequences."""
    people, day = world.people, view.day
    fresh = world.campaigns(luck, day, thieves.caution)
    rows = world.rows(luck, day, thieves.due(day, fresh, closed))
    if gone.any():
        rows = rows.take(~gone[people.card_holder[rows.card]])
    action = _ask(policy, world, rows, view)
    passed = approved(rows, action, world.costs)
    made = _made(thieves, rows, ~passed)
    rows, action, passed = rows.take(made), action[made], passed[made]
    payment_id = rows.payment_id
    at, when = reports(rows, passed, world.base_rate)
    holder = people.card_holder[rows.card]
    left = leaves(rows, action, passed, holder, world.costs)
    euros = money(rows, action, passed, at, left, world.costs)
    day_column = np.full(len(rows), day, np.int32)
    table = to_table(rows, people, action)
    return Day(
        payments=table.append_column("approved", pa.array(passed)),
        secrets=Secrets.of(rows, people, world.seed, day, world.incidents),
        chargebacks=pa.Table.from_arrays([payment_id[at], when], schema=CHARGEBACKS),
        cards=rows.card[at],
        ledger=pa.Table.from_arrays(
            [payment_id, day_column, *euros.values()], schema=LEDGER
        ),
        leavers=holder[left],
    )


def _made(
    thieves: Underworld, rows: Rows, declined: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Drop what thieves would not have tried any more, and let them learn."""
    at = np.flatnonzero(rows.campaign >= 0)
    planned = rows.take(at)
    still = stop_after_declines(planned, declined[at], thieves.earlier(planned))
    made = np.ones(len(rows), bool)
    made[at] = still
    thieves.learn(planned.take(still), declined[at][still])
    return made


def _ask(
    policy: Policy, world: "PaymentsWorld", rows: Rows, view: View
) -> NDArray[np.int8]:
    """The policy's actions, checked, with reviews cut at capacity in order of time."""
    nothing = np.zeros(len(rows), np.int8)
    batch = to_table(rows, world.people, nothing)
    action = np.asarray(policy(batch.drop(["action"]), view))
    if action.shape != (len(rows),) or action.dtype.kind not in "iu":
        raise ValueError(
            f"a policy must return {len(rows)} integer actions, one per payment; "
            f"on day {view.day} it returned {action.dtype} of shape {action.shape}"
        )
    if len(action) and not (action.min() >= 0 and action.max() <= max(Action)):
        wrong = np.unique(action[(action < 0) | (action > max(Action))])[:3]
        raise ValueError(
            f"actions must be {[*map(int, Action)]}, see Action; on day {view.day} "
            f"the policy returned {wrong.tolist()}"
        )
    action = action.astype(np.int8)
    reviews = np.flatnonzero(action == Action.REVIEW)
    action[reviews[view.review_capacity :]] = Action.ALLOW
    return action
