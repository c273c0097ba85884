"""The payments world: its past, its truth, and its future under a policy."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sevensteps.world import Evening, Progress, World
from sevensteps.world.arrays import take
from sevensteps.world.checks import whole
from sevensteps.world.world_files import WorldWriter

from .attempts import LONGEST_CAMPAIGN
from .consequences import approved, leaves, money, reports
from .draws import DayDraws
from .incumbent import incumbent_rule
from .live import Decided, LiveDay, ProductionState, ReviewDesk, Underworld
from .people import People, draw_people
from .records import (
    SCALES,
    Costs,
    PaymentsHistory,
    PaymentsIncident,
    PaymentsOutcome,
    Policy,
)
from .rng import ARMS
from .rows import to_table
from .schema import (
    CHARGEBACKS,
    LAST_DAY,
    LEDGER,
    NAMES,
    SCHEMA,
    TRUTH,
)
from .tables import cardholders, cards, merchants
from .truth import Secrets, spans_of, theft_spans, truth_table

BYTES_A_ROW = 50  # payments and truth on disk, rounded up


@dataclass(frozen=True)
class PaymentsWorld(World[ProductionState, PaymentsHistory, PaymentsOutcome]):
    """A card issuer's customers, merchants and thieves, with known truth.

    Its past is not lived: each day is drawn alone, as the old rule left it.

    Parameters
    ----------
    scale : "smoke" (100 k payments), "book" (10 M), "full" (100 M), or a `PaymentsSize`
    seed : all randomness follows from it
    base_rate : stolen payments per payment
    adaptation_half_life : days in which thieves' caution goes half the way to the
        share of their attempts that is declined
    caution : thieves' caution at the start, 0 bold to 1 careful
    costs : who pays what; also how people react
    incidents : what happens to it; see `inject`

    Raises
    ------
    ValueError
        for an unknown scale or a rate outside (0, 0.05]
    """

    base_rate: float = 1e-4
    adaptation_half_life: float = 20.0
    caution: float = 0.15
    costs: Costs = field(default_factory=Costs)

    kind = "payments"
    generator = 2
    scales = SCALES
    schema = SCHEMA
    truth_schema = TRUTH
    names = NAMES
    log = "payments"
    unit = "cardholder_id"
    purpose = ARMS
    incident_type = PaymentsIncident
    history_type = PaymentsHistory
    last_day = LAST_DAY

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.base_rate <= 0.05:
            raise ValueError(f"base_rate must lie in (0, 0.05]; got {self.base_rate}")
        if not self.adaptation_half_life > 0:
            raise ValueError("adaptation_half_life must be positive, in days")
        if not 0 <= self.caution <= 1:
            raise ValueError(f"caution must lie in [0, 1]; got {self.caution}")

    @cached_property
    def people(self) -> People:
        """Everybody in the world; the company sees only its tables."""
        return draw_people(self.size, self.seed)

    @cached_property
    def draws(self) -> DayDraws:
        """What each day is drawn from."""
        return DayDraws(
            self.seed, self.size, self.people, self.base_rate, self.caution,
            self.costs, self.incidents,
        )  # fmt: skip

    def history(
        self, days: int | None = None, *, progress: Progress | None = None
    ) -> PaymentsHistory:
        """The company's warehouse after `days` days under the incumbent rule."""
        days = self.days_of(days)
        shards = []
        for shard in self.draws.shards(0, days):
            shards.append(shard.tables())
            if progress:
                progress(shard.day + 1, days)
        return PaymentsHistory(
            payments=pa.concat_tables([payments for payments, _ in shards]),
            **self._dimensions(),
            chargebacks=pa.concat_tables([chargebacks for _, chargebacks in shards]),
            days=days,
        )

    def _dimensions(self) -> dict[str, pa.Table]:
        return {
            "cardholders": cardholders(self.people),
            "cards": cards(self.people),
            "merchants": merchants(self.people),
        }

    def put(self, writer: WorldWriter, days: int, progress: Progress | None) -> None:
        """Put history and truth into files; memory holds one day at a time."""
        stolen = self.draws.past_attempts(0, days)
        spans = theft_spans(stolen.card, stolen.paid_at, len(self.people.card_holder))
        reported = []
        for shard in self.draws.shards(0, days):
            payments, chargebacks = shard.tables()
            truth = truth_table(payments, [shard.secrets()], spans)
            writer.put("payments", payments, part=f"day={shard.day:03}")
            writer.put("truth", truth, part=f"day={shard.day:03}")
            reported.append(chargebacks)
            if progress:
                progress(shard.day + 1, days)
        writer.put("chargebacks", pa.concat_tables(reported))
        for name, table in self._dimensions().items():
            writer.put(name, table)

    def room(self, days: int) -> int:
        """Bytes on disk, rounded up."""
        payments = days * self.size.n_cardholders * self.size.payments_a_day
        return int(payments * BYTES_A_ROW)

    def truth(self, history: PaymentsHistory) -> pa.Table:
        """What only the world knows of each payment of its own history."""
        self._recognise(history)
        secrets = [s.secrets() for s in self.draws.shards(0, history.days)]
        spans = spans_of(secrets, len(self.people.card_holder))
        return truth_table(history.payments, secrets, spans)

    def _recognise(self, history: PaymentsHistory) -> None:
        people, shops = cardholders(self.people), merchants(self.people)
        if not (history.cardholders.equals(people) and history.merchants.equals(shops)):
            raise ValueError("the history is another world's; use this world.history()")

    def incumbent(self) -> Policy:
        """Block large foreign online payments."""
        return incumbent_rule

    def evening(self, history: PaymentsHistory | None) -> Evening[ProductionState]:
        """Where a live run starts: the thieves' plans, and what is known by then."""
        past = self.history() if history is None else history
        self._recognise(past)
        end = past.days + LONGEST_CAMPAIGN
        pending = self.draws.past_attempts(past.days, end, started_before=past.days)
        thieves = Underworld(self.adaptation_half_life, self.draws.bold(), pending)
        n_cards = len(self.people.card_holder)
        start = ProductionState.first(past, thieves, len(self.people.x), n_cards)
        return Evening(past.days, start)

    def live(
        self,
        policy: Policy,
        days: int = 14,
        seed: int = 1,
        *,
        history: PaymentsHistory | None = None,
        after: PaymentsOutcome | None = None,
        progress: Progress | None = None,
        review_capacity: int = 100,
    ) -> PaymentsOutcome:
        """Put a policy in production; see `World.live`.

        Parameters
        ----------
        policy : callable (a day's payments, view) -> (n,) actions, see `Action`
        review_capacity : reviews a day; what exceeds it goes through unseen
        """
        desk = ReviewDesk(policy, whole("review_capacity", review_capacity, 0))
        how: Any = {"history": history, "after": after, "progress": progress}
        return super().live(desk, days, seed, **how)

    def serve(
        self,
        state: ProductionState,
        policy: ReviewDesk,
        day: int,
        future: int,
        log: pa.Table | None,
    ) -> Decided:
        """Attempts, decisions, and what thieves still try after them."""
        thieves = copy.deepcopy(state.thieves)
        fresh = self.draws.campaigns(future, day, thieves.caution)
        rows = self.draws.rows(future, day, thieves.due(day, fresh, state.closed(day)))
        if state.gone.any():
            rows = take(rows, ~state.gone[self.people.card_holder[rows.card]])
        batch = to_table(rows, self.people, np.zeros(len(rows), np.int8))
        view = state.view(day, policy.capacity)
        action = policy.decide(batch.drop(["action"]), view)
        passed = approved(rows, action, self.costs)
        made = thieves.made(rows, ~passed)
        return Decided(take(rows, made), action[made], passed[made], thieves)

    def close(
        self, state: ProductionState, served: Decided, day: int, future: int
    ) -> tuple[ProductionState, LiveDay]:
        """Who complains, who leaves, and what each payment cost."""
        rows, action, passed = served.rows, served.action, served.passed
        at, when = reports(rows, passed, self.base_rate)
        holder = self.people.card_holder[rows.card]
        left = leaves(rows, action, passed, holder, self.costs)
        euros = money(rows, action, passed, at, left, self.costs)
        table = to_table(rows, self.people, action)
        paid, days = rows.payment_id, np.full(len(rows), day, np.int32)
        record = LiveDay(
            day=day,
            payments=table.append_column("approved", pa.array(passed)),
            secrets=Secrets.of(rows, self.people, self.seed, day, self.incidents),
            chargebacks=pa.Table.from_arrays([paid[at], when], schema=CHARGEBACKS),
            ledger=pa.Table.from_arrays([paid, days, *euros.values()], schema=LEDGER),
            caution=dict(served.thieves.caution),
        )
        next_state = state.after(served.thieves, record, rows.card[at], holder[left])
        return next_state, record

    def outcome(
        self, days: list[LiveDay], evening: Evening[ProductionState]
    ) -> PaymentsOutcome:
        """The days, one after another."""
        payments = pa.concat_tables([d.payments for d in days])
        caution = pd.DataFrame([{"day": d.day, **d.caution} for d in days])
        secrets = [d.secrets for d in days]
        return PaymentsOutcome(
            payments=payments,
            truth=truth_table(payments, secrets, evening.state.spans),
            chargebacks=pa.concat_tables([d.chargebacks for d in days]),
            ledger=pa.concat_tables([d.ledger for d in days]),
            caution=caution.set_index("day").drop(columns="none"),
            evening=evening,
        )
