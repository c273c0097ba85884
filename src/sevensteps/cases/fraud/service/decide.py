"""The decision: validate, fetch, score, act, remember - or fall back, in time."""

import asyncio
import json
from dataclasses import dataclass, field

from sevensteps.cases.fraud.features.names import DAY, FEATURES, MONTH
from sevensteps.serve.ledger import Ledger
from sevensteps.serve.requests import Rejected

from .config import ServiceConfig
from .journal import Journal, Kept
from .log import DecisionLog
from .memory import Decision, Decisions, fingerprint
from .metrics import Metrics
from .model import ModelServer
from .online import UnknownCard
from .requests import PaymentRequest, parse
from .rules import act
from .scoring import Late, Scored, Scorer
from .store import open_store

SCORING_SHARE = 0.8  # of the deadline; the rest is for the rules, the log and the way
MAX_AHEAD_S = 31 * DAY  # a wrong clock must not push a card's past out of the store


@dataclass(slots=True)
class Answer:
    """A decision on its way to the caller."""

    decision: Decision
    ledger: Ledger
    replayed: bool = False


@dataclass
class Decider:
    """Everything behind `POST /v1/decisions`.

    Parameters
    ----------
    config : where model, store and log are

    Raises
    ------
    ModelError, StoreError, StorageError
        if the service must not start, with the reason
    """

    config: ServiceConfig
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        config = self.config
        self.model = ModelServer(config.model, FEATURES)
        timeout_s = config.deadline_ms * SCORING_SHARE / 1e3
        self.store = open_store(config.store, timeout_s=timeout_s)
        self.scorer = Scorer(self.store, self.model)
        self.known = Decisions(config.log_path)
        self.journal = Journal(self.store, DecisionLog(config.log_path))
        self.in_flight: dict[int, asyncio.Future[None]] = {}

    async def decide(self, body: bytes, request_id: str, ledger: Ledger) -> Answer:
        """Answer one request.

        Raises
        ------
        Rejected
            if it cannot be decided upon, with the reasons
        """
        payment = parse(body)
        self._check_clock(payment)
        ledger.lap("parse")
        while (other := self.in_flight.get(payment.payment_id)) is not None:
            await asyncio.wait([other])  # the same payment, sent twice at once
        if (before := self._before(payment)) is not None:
            return Answer(before, ledger, replayed=True)
        self.in_flight[payment.payment_id] = asyncio.get_running_loop().create_future()
        try:
            return await self._decide(payment, request_id, ledger)
        finally:
            self.in_flight.pop(payment.payment_id).set_result(None)

    async def _decide(
        self, payment: PaymentRequest, request_id: str, ledger: Ledger
    ) -> Answer:
        scored: Scored | None = None
        try:
            scored = await self._score(payment, ledger)
            decision = self._by_model(payment, scored)
        except UnknownCard:
            raise Rejected(422, "unknown_card", ("card_id", "no such card")) from None
        except Late as late:
            ledger.lap("wait")
            decision = self._by_rules(payment, late.reason)
        self.known.remember(payment, decision)
        line = _line(payment, decision, request_id, scored)
        holder = None if scored is None else scored.holder
        kept = self.journal.keep(Kept(payment, holder, line))
        left_s = self.config.deadline_ms / 1e3 - ledger.elapsed_ms() / 1e3
        await asyncio.wait([asyncio.wrap_future(kept)], timeout=max(0.0, left_s))
        ledger.lap("write")
        return Answer(decision, ledger)

    async def _score(self, payment: PaymentRequest, ledger: Ledger) -> Scored:
        if len(self.in_flight) > self.config.max_in_flight:
            raise Late("overload")
        budget_ms = SCORING_SHARE * self.config.deadline_ms - ledger.elapsed_ms()
        scored = await self.scorer.score(payment, budget_ms / 1e3)
        ledger.lap("wait")  # for the thread: what its own laps do not explain
        ledger.stages |= dict(scored.laps)
        ledger.stages["wait"] -= sum(ms for _, ms in scored.laps)
        return scored

    def close(self) -> None:
        """Finish what was begun, keep all of it, release everything."""
        self.scorer.close()
        self.journal.close()
        self.store.close()

    def problems(self) -> list[str]:
        """What does not work at the moment; empty when all is well."""
        found = [
            f"{name}: circuit open, the rules answer"
            for name, breaker in self.scorer.breakers.items()
            if breaker.is_open
        ]
        if self.journal.problem:
            found.append(f"{self.journal.problem} ({self.journal.pending_lines} wait)")
        if self.journal.pending_events and self.journal.breaker.is_open:
            found.append(f"store: {self.journal.pending_events} payments wait")
        return found

    def _before(self, payment: PaymentRequest) -> Decision | None:
        try:
            return self.known.find(payment)
        except ValueError as error:
            raise Rejected(409, "conflict", ("payment_id", str(error))) from None

    def _check_clock(self, payment: PaymentRequest) -> None:
        as_of = self.store.info.as_of
        latest = max(as_of, self.known.newest) + MAX_AHEAD_S
        if not as_of - MONTH <= payment.paid_at <= latest:
            reason = f"must lie in {as_of - MONTH}..{latest}; check the sender's clock"
            raise Rejected(422, "invalid_payment", ("paid_at", reason))

    def _by_model(self, payment: PaymentRequest, scored: Scored) -> Decision:
        manifest = self.model.manifest
        action, reasons = act(scored.p_fraud, payment.amount, manifest.policy)
        score, name = scored.p_fraud, action.name.lower()
        return Decision(
            payment.payment_id, name, score, "model", None, reasons, manifest.version
        )

    def _by_rules(self, payment: PaymentRequest, why: str) -> Decision:
        action, reasons = self.config.rules.decide(payment)
        name, version = action.name.lower(), self.model.manifest.version
        return Decision(payment.payment_id, name, None, "rules", why, reasons, version)


def _line(
    payment: PaymentRequest, decision: Decision, request_id: str, scored: Scored | None
) -> bytes:
    """The log's line: payment, decision and, to watch and retrain on, its features."""
    features = None
    if scored is not None:
        values = scored.features.tolist()
        features = [None if value != value else value for value in values]
    record = decision.to_dict() | {
        "request_id": request_id,
        "fingerprint": fingerprint(payment),
        "payment": payment.model_dump(),
        "features": features,
    }
    return json.dumps(record, separators=(",", ":")).encode()
