"""The decision: fetch, score, act, remember - or the rules, in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sevensteps.cases.fraud.features.names import DAY, FEATURES, MONTH
from sevensteps.serve.app import App
from sevensteps.serve.config import ServiceConfig
from sevensteps.serve.requests import Rejected, validated
from sevensteps.serve.run import Running, answer, process_of
from sevensteps.serve.service import WORK_SHARE, Answer, Service
from sevensteps.serve.stages import Run, Stage

from .journal import Journal, Kept
from .log import DecisionLog
from .memory import Decision, Decisions, fingerprint
from .model import ModelServer
from .online import Fetched, UnknownCard, features_of, holder_of, keys_of
from .requests import PaymentRequest
from .rules import Rules, act
from .store import is_redis, open_store

PATH = "/v1/decisions"
MAX_AHEAD_S = 31 * DAY  # a wrong clock must not push a card's past out of the store


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsConfig(ServiceConfig):
    """Everything that decisions need, besides what all services do.

    Parameters
    ----------
    model : folder written by `export_model`
    store : folder or Redis address filled by `build_store`
    log : the decision log; by default `decisions.jsonl` in the model's folder
    """

    model: Path
    store: str | Path
    log: Path | None = None

    @property
    def log_path(self) -> Path:
        """Where the decisions go."""
        return Path(self.log) if self.log else Path(self.model) / "decisions.jsonl"


class Decider:
    """Everything behind `POST /v1/decisions`.

    Raises
    ------
    ModelError, StoreError, StorageError
        if the service must not start, with the reason
    """

    def __init__(self, config: DecisionsConfig) -> None:
        self.config, self.rules = config, Rules()
        self.model = ModelServer(config.model, FEATURES)
        timeout_s = config.deadline_ms * WORK_SHARE / 1e3
        self.store = open_store(config.store, timeout_s=timeout_s)
        self.known = Decisions(config.log_path)
        self.journal = Journal(self.store, DecisionLog(config.log_path))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """From a payment to the action of the policy."""
        return (
            Stage("fetch", self._fetch),
            Stage("holder", self._holder),
            Stage("features", self._features),
            Stage("score", self._score),
            Stage("act", self._act),
        )

    def parse(self, body: bytes) -> PaymentRequest:
        """A body as a payment whose clock can be right."""
        payment = validated(PaymentRequest, body)
        as_of = self.store.info.as_of
        latest = max(as_of, self.known.newest) + MAX_AHEAD_S
        if not as_of - MONTH <= payment.paid_at <= latest:
            reason = f"must lie in {as_of - MONTH}..{latest}; check the sender's clock"
            raise Rejected(422, "invalid_request", ("paid_at", reason))
        return payment

    def recall(self, payment: PaymentRequest) -> dict[str, Any] | None:
        """A retried payment gets the answer that it got before."""
        before = self.known.find(payment)
        return None if before is None else before.to_dict() | {"replayed": True}

    def by_model(self, run: Run) -> Decision | None:
        """What the policy says to the score."""
        made = run.made.get("act")
        if made is None:
            return None
        action, reasons = made
        return self._decision(run, action, reasons, run.made["score"])

    def by_rules(self, run: Run) -> Decision:
        """What the payment alone says."""
        action, reasons = self.rules.decide(run.request)
        return self._decision(run, action, reasons, None)

    def keep(self, answer: Answer, tell: Callable[[], object]) -> None:
        """Remember a decision at once; log and store are told by a thread apart."""
        payment, decision = answer.run.request, answer.value
        self.known.remember(payment, decision)
        holder, line = answer.run.made.get("holder"), _line(answer)
        self.journal.keep(Kept(payment, holder, line, tell))

    def problems(self) -> list[str]:
        """What does not work at the moment, besides the stages."""
        journal, found = self.journal, []
        if journal.problem:
            found.append(f"{journal.problem} ({journal.pending_lines} wait)")
        if journal.pending_events and journal.breaker.is_open:
            found.append(f"store: {journal.pending_events} payments wait")
        return found

    def close(self) -> None:
        """Keep everything that was answered, release everything."""
        self.journal.close()
        self.store.close()

    def service(self) -> Service:
        """The decisions, as all services are described."""
        return Service(
            what="decision",
            path=PATH,
            request=PaymentRequest,
            parse=self.parse,
            stages=self.stages,
            answers={"model": self.by_model, "rules": self.by_rules},
            told=lambda answer: answer.value.to_dict() | {"replayed": False},
            bundle=lambda: {
                "model": self.model.manifest.version,
                "store": self.store.info.version,
            },
            deadline_ms=self.config.deadline_ms,
            threads=4 if is_redis(self.config.store) else 1,  # the others would wait
            key=lambda payment: payment.payment_id,
            recall=self.recall,
            keep=self.keep,
            labels=("action",),
            gauges=self._gauges(),
            problems=self.problems,
            close=self.close,
        )

    def _gauges(self) -> dict[str, tuple[str, Callable[[], float]]]:
        journal = self.journal
        return {
            "pending_events": ("Not in the store yet", lambda: journal.pending_events),
            "pending_lines": ("Not in the log yet", lambda: journal.pending_lines),
            "dropped": ("Lost from a full backlog", lambda: journal.dropped),
            "log_healthy": ("1 if lines arrive", lambda: journal.problem is None),
        }

    def _fetch(self, run: Run) -> Fetched:
        return Fetched(*self.store.fetch(keys_of(run.request)))

    def _holder(self, run: Run) -> Any:
        try:
            return holder_of(run.made["fetch"], self.store.info.countries)
        except UnknownCard:
            raise Rejected(422, "unknown_card", ("card_id", "no such card")) from None

    def _features(self, run: Run) -> Any:
        return features_of(run.request, run.made["fetch"], run.made["holder"])

    def _score(self, run: Run) -> float:
        return float(self.model.score(run.made["features"][None])[0])

    def _act(self, run: Run) -> tuple[Any, list[str]]:
        policy = self.model.manifest.policy
        return act(run.made["score"], run.request.amount, policy)

    def _decision(
        self, run: Run, action: Any, reasons: list[str], score: float | None
    ) -> Decision:
        return Decision(
            run.request.payment_id,
            action.name.lower(),
            score,
            "rules" if score is None else "model",
            run.why,
            reasons,
            self.model.manifest.version,
        )


def serve_decisions(config: DecisionsConfig) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish what was begun.

    Prints `listening on http://...` once it can be called.

    Raises
    ------
    ModelError, StoreError, StorageError
        if it must not start; says why
    """
    answer(App(Decider(config).service(), config))


def running_service(
    model: str | Path, store: str | Path, **options: Any
) -> AbstractContextManager[Running]:
    """Decisions by a process of its own, stopped at the end of the block.

    Parameters
    ----------
    model, store, options : as for `DecisionsConfig`

    Raises
    ------
    RuntimeError
        if it does not start, with what it said
    """
    module = "sevensteps.cases.fraud.service"
    return process_of(module, model=model, store=store, **options)


def _line(answer: Answer) -> bytes:
    """The log's line: payment, decision and, to watch and retrain on, its features."""
    payment, features = answer.run.request, answer.run.made.get("features")
    if features is not None:
        features = [None if v != v else v for v in features.tolist()]
    record = answer.value.to_dict() | {
        "request_id": answer.request_id,
        "fingerprint": fingerprint(payment),
        "payment": payment.model_dump(),
        "features": features,
    }
    return json.dumps(record, separators=(",", ":")).encode()
