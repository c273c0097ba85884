"""The payments world: its past, its truth, and its future under a policy."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from sevensteps.world import Evening, Progress, World
from sevensteps.world.arrays import take, whole
from sevensteps.world.stored import WorldWriter

from . import consequences
from .attempts import LONGEST_CAMPAIGN
from .live import (
    DayDraws,
    Decided,
    LiveDay,
    ProductionState,
    Shard,
    Underworld,
    decided,
)
from .people import People, draw_people
from .rng import ARMS
from .schema import (
    LAST_DAY,
    NAMES,
    SCHEMA,
    TRUTH,
    Costs,
    PaymentsHistory,
    PaymentsIncident,
    PaymentsOutcome,
    PaymentsSize,
    Policy,
)

SCALES = {
    "smoke": PaymentsSize(n_cardholders=2_000, n_merchants=600, days=60),
    "book": PaymentsSize(n_cardholders=50_500, n_merchants=8_000, days=180),
    "full": PaymentsSize(n_cardholders=505_000, n_merchants=60_000, days=180),
}
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
    review_capacity : reviews a day; what exceeds it goes through unseen
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
    review_capacity: int = 100

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
        whole("review_capacity", self.review_capacity, 0)

    @cached_property
    def people(self) -> People:
        """Everybody in the world; the company sees only its tables."""
        return draw_people(self.size, self.seed)

    @cached_property
    def draws(self) -> DayDraws:
        """What each day is drawn from."""
        how = self.base_rate, self.caution, self.costs, self.incidents
        return DayDraws(self.people, *how)

    def history(
        self, days: int | None = None, *, progress: Progress | None = None
    ) -> PaymentsHistory:
        """The company's warehouse after `days` days under the incumbent rule."""
        days = self.days_of(days)
        tables = [shard.tables() for shard in self._past(days, progress)]
        payments, chargebacks = map(pa.concat_tables, zip(*tables, strict=True))
        return PaymentsHistory(
            payments=payments,
            **consequences.dimensions(self.people),
            chargebacks=chargebacks,
            days=days,
        )

    def _past(self, days: int, progress: Progress | None = None) -> Iterator[Shard]:
        """The days of a history, one in memory at a time."""
        for shard in self.draws.shards(0, days):
            yield shard
            if progress:
                progress(shard.now.day + 1, days)

    def put(self, writer: WorldWriter, days: int, progress: Progress | None) -> None:
        """Put history and truth into files."""
        spans = self._theft_spans(days)
        reported = []
        for shard in self._past(days, progress):
            payments, chargebacks = shard.tables()
            secrets = consequences.secrets_of(shard.rows, shard.now)
            truth = consequences.truth_table(payments, [secrets], spans)
            writer.put("payments", payments, part=f"day={shard.now.day:03}")
            writer.put("truth", truth, part=f"day={shard.now.day:03}")
            reported.append(chargebacks)
        writer.put("chargebacks", pa.concat_tables(reported))
        for name, table in consequences.dimensions(self.people).items():
            writer.put(name, table)

    def _theft_spans(self, days: int) -> consequences.Spans:
        """The first and last theft from each card in a history."""
        nothing = consequences.no_thefts(len(self.people.card_holder))
        return consequences.theft_spans(self.draws.past_attempts(0, days), nothing)

    def room(self, days: int) -> int:
        """Bytes on disk, rounded up."""
        payments = days * self.size.n_cardholders * self.size.payments_a_day
        return int(payments * BYTES_A_ROW)

    def truth(self, history: PaymentsHistory) -> pa.Table:
        """What only the world knows of each payment of its own history."""
        self._recognise(history)
        past = self._past(history.days)
        secrets = [consequences.secrets_of(shard.rows, shard.now) for shard in past]
        spans = self._theft_spans(history.days)
        return consequences.truth_table(history.payments, secrets, spans)

    def _recognise(self, history: PaymentsHistory) -> None:
        """Raise if the history's people are others."""
        for name, table in consequences.dimensions(self.people).items():
            if not table.equals(getattr(history, name)):
                raise ValueError(
                    "the history is another world's; use this world.history()"
                )

    def incumbent(self) -> Policy:
        """Block large foreign online payments."""
        return consequences.incumbent_rule

    def evening(self, history: PaymentsHistory | None) -> Evening[ProductionState]:
        """Where a live run starts: the thieves' plans, and what is known by then."""
        past = self.history() if history is None else history
        self._recognise(past)
        end = past.days + LONGEST_CAMPAIGN
        pending = self.draws.past_attempts(past.days, end, started_before=past.days)
        thieves = Underworld(self.adaptation_half_life, self.draws.bold(), pending)
        return Evening(past.days, ProductionState.first(past, thieves))

    def serve(
        self,
        state: ProductionState,
        policy: Policy,
        day: int,
        future: int,
        log: pa.Table | None,
    ) -> Decided:
        """Attempts, decisions, and what thieves still try after them.

        A policy maps a day's payments and a view to (n,) actions, see `Action`.
        """
        thieves, now = copy.deepcopy(state.thieves), self.draws.today(future, day)
        fresh = self.draws.campaigns(now, thieves.caution)
        rows = self.draws.rows(now, thieves.due(day, fresh, state.closed(day)))
        if state.gone.any():
            rows = take(rows, ~state.gone[self.people.card_holder[rows.card]])
        batch = consequences.to_table(rows, self.people, np.zeros(len(rows), np.int8))
        view = state.view(day, self.review_capacity)
        action = decided(policy, batch.drop(["action"]), view)
        passed = consequences.approved(rows, action, self.costs)
        made = thieves.made(rows, ~passed)
        return Decided(now, take(rows, made), action[made], passed[made], thieves)

    def close(
        self, state: ProductionState, served: Decided, day: int, future: int
    ) -> tuple[ProductionState, LiveDay]:
        """Who complains, who leaves, and what each payment cost."""
        rows, action, passed = served.rows, served.action, served.passed
        at, chargebacks = consequences.reports(rows, passed, self.base_rate)
        left = consequences.leaves(rows, action, passed, self.people, self.costs)
        table = consequences.to_table(rows, self.people, action)
        record = LiveDay(
            day=day,
            payments=table.append_column("approved", pa.array(passed)),
            secrets=consequences.secrets_of(rows, served.now),
            chargebacks=chargebacks,
            ledger=consequences.ledger(rows, action, passed, at, left, self.costs),
            caution=dict(served.thieves.caution),
        )
        leavers = self.people.card_holder[rows.card[left]]
        return state.after(served, rows.card[at], chargebacks, leavers), record

    def outcome(
        self, days: list[LiveDay], evening: Evening[ProductionState]
    ) -> PaymentsOutcome:
        """The days, one after another."""
        payments = pa.concat_tables([d.payments for d in days])
        secrets = [d.secrets for d in days]
        caution = pd.DataFrame([{"day": d.day, **d.caution} for d in days])
        return PaymentsOutcome(
            payments=payments,
            truth=consequences.truth_table(payments, secrets, evening.state.spans),
            chargebacks=pa.concat_tables([d.chargebacks for d in days]),
            ledger=pa.concat_tables([d.ledger for d in days]),
            caution=caution.set_index("day").drop(columns="none"),
            evening=evening,
        )
