"""The decision: fetch, score, act, remember - or the rules, in time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from sevensteps.cases.fraud import SERVICE
from sevensteps.cases.fraud.features.single import DAY, FEATURES, MONTH, Cardholder
from sevensteps.cases.fraud.world import Action
from sevensteps.serve.config import ServiceConfig
from sevensteps.serve.requests import Rejected, validated
from sevensteps.serve.run import Program
from sevensteps.serve.service import Answer, Service
from sevensteps.serve.stages import Run, Stage

from . import online
from .log import DecisionLog
from .model import ModelServer
from .store import Event, OnlineStore

PATH = SERVICE.path
MAX_AHEAD_S = 31 * DAY  # a wrong clock must not push a card's past out of the store


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsConfig(ServiceConfig):
    """Everything that decisions need, besides what all services do."""

    model: Path  # folder written by `export_model`
    store: Path  # folder filled by `build_store`
    log: Path  # file of the decisions, for `read_log`
    port: int = SERVICE.port
    deadline_ms: float = SERVICE.deadline_ms


@dataclass(frozen=True)
class Decision:
    """What a caller is told, and what the log keeps of it."""

    payment_id: int
    action: str  # allow, step_up, review, block
    score: float | None  # probability of fraud; None when the rules answered
    source: str  # model, rules
    fallback: str | None  # why the rules answered
    reasons: list[str]
    model: str  # version


TOLD = tuple(field.name for field in fields(Decision))


class Decider:
    """Behind `PATH`; a ModelError, StoreError or StorageError if it must not start."""

    def __init__(self, config: DecisionsConfig) -> None:
        self.config, self.rules = config, online.Rules()
        self.model = ModelServer(config.model, FEATURES)
        self.store = OnlineStore(config.store)
        self.log = DecisionLog(Path(config.log), self._store)

    def parse(self, body: bytes) -> online.PaymentRequest:
        """A body as a payment whose clock can be right."""
        payment = validated(online.PaymentRequest, body)
        as_of = self.store.as_of
        latest = max(as_of, self.log.newest) + MAX_AHEAD_S
        if not as_of - MONTH <= payment.paid_at <= latest:
            reason = f"must lie in {as_of - MONTH}..{latest}; check the sender's clock"
            raise Rejected(422, "invalid_request", ("paid_at", reason))
        return payment

    def recall(self, payment: online.PaymentRequest) -> dict[str, Any] | None:
        """A retried payment gets the answer that it got before."""
        line = self.log.find(payment.payment_id)
        if line is None:
            return None
        if line["payment"] != payment.model_dump():
            reason = "payment_id was used for another payment"
            raise Rejected(409, "conflict", ("payment_id", reason))
        return {name: line[name] for name in TOLD} | {"replayed": True}

    def by_model(self, run: Run) -> Decision | None:
        """What the policy says to the score."""
        made = run.made.get("act")
        return None if made is None else self._decision(run, made, run.made["score"])

    def by_rules(self, run: Run) -> Decision:
        """What the payment alone says."""
        return self._decision(run, self.rules.decide(run.request), None)

    def keep(self, answer: Answer, tell: Callable[[], object]) -> None:
        """Remember payment, decision and, to watch and retrain on, the features."""
        run, features = answer.run, answer.run.made.get("features")
        if features is not None:
            features = [None if v != v else v for v in features.tolist()]
        line = vars(answer.value) | {
            "request_id": answer.request_id,
            "payment": run.request.model_dump(),
            "features": features,
        }
        self.log.keep((run.request, run.made.get("holder")), line, tell)

    def problems(self) -> list[str]:
        """What does not work at the moment, besides the stages."""
        waiting = [b for b in self.log.backlogs if b.problem]
        return [f"{backlog.problem} ({len(backlog)} wait)" for backlog in waiting]

    def close(self) -> None:
        """Keep everything that was answered, release everything."""
        self.log.close()
        self.store.close()

    def service(self) -> Service:
        """The decisions, as all services are described."""
        return Service(
            what="decision",
            path=PATH,
            request=online.PaymentRequest,
            parse=self.parse,
            stages=(
                Stage("fetch", self._fetch),
                Stage("holder", self._holder),
                Stage("features", self._features),
                Stage("score", self._score),
                Stage("act", self._act),
            ),
            answers={"model": self.by_model, "rules": self.by_rules},
            told=lambda answer: vars(answer.value) | {"replayed": False},
            bundle=lambda: {"model": self.model.version, "store": self.store.version},
            deadline_ms=self.config.deadline_ms,
            key=lambda payment: payment.payment_id,
            recall=self.recall,
            keep=self.keep,
            labels=("action",),
            gauges=self._gauges(),
            problems=self.problems,
            close=self.close,
        )

    def _gauges(self) -> dict[str, tuple[str, Callable[[], float]]]:
        events, lines = self.log.backlogs
        return {
            "pending_events": ("Not in the store yet", partial(len, events)),
            "pending_lines": ("Not in the log yet", partial(len, lines)),
            "dropped": ("Lost: too many wait", lambda: events.dropped + lines.dropped),
            "log_healthy": ("1 if lines arrive", lambda: lines.problem is None),
        }

    def _fetch(self, run: Run) -> online.Fetched:
        return online.Fetched(*self.store.fetch(online.keys_of(run.request)))

    def _holder(self, run: Run) -> Cardholder:
        holder = online.holder_of(run.made["fetch"].holder)
        if holder is None:
            raise Rejected(422, "unknown_card", ("card_id", "no such card"))
        return holder

    def _features(self, run: Run) -> Any:
        return online.features_of(run.request, run.made["fetch"], run.made["holder"])

    def _score(self, run: Run) -> float:
        return float(self.model.score(run.made["features"][None])[0])

    def _act(self, run: Run) -> tuple[Action, list[str]]:
        return online.act(run.made["score"], run.request.amount, self.model.policy)

    def _decision(
        self, run: Run, made: tuple[Action, list[str]], score: float | None
    ) -> Decision:
        action, reasons = made
        return Decision(
            run.request.payment_id,
            action.name.lower(),
            score,
            "rules" if score is None else "model",
            run.why,
            reasons,
            self.model.version,
        )

    def _store(
        self, decided: Sequence[tuple[online.PaymentRequest, Cardholder | None]]
    ) -> None:
        """Let later payments see these; whose holder is unknown is looked up."""
        events: list[Event] = []
        for payment, holder in decided:
            if holder is None:
                holder = online.holder_of(*self.store.fetch([f"h:{payment.card_id}"]))
            events += online.events_of(payment, holder or Cardholder())
        self.store.append(events)


PROGRAM = Program(
    __package__, DecisionsConfig, lambda config: Decider(config).service()
)
