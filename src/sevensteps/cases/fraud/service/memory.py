"""Decisions by payment id: a retried payment gets the answer it got before."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sevensteps.serve.requests import Rejected

from .log import TAIL, read_log
from .requests import PaymentRequest

REMEMBERED = 100_000  # decisions


@dataclass(frozen=True, slots=True)
class Decision:
    """What a caller is told, and what the log keeps of it."""

    payment_id: int
    action: str  # allow, step_up, review, block
    score: float | None  # probability of fraud; None when the rules answered
    source: str  # model, rules
    fallback: str | None  # why the rules answered
    reasons: list[str]
    model: str  # version

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class Decisions:
    """The latest decisions, restored from the log after a restart.

    Parameters
    ----------
    log : path of the decision log
    """

    def __init__(self, log: Path) -> None:
        self._known: OrderedDict[int, tuple[str, Decision]] = OrderedDict()
        self.newest = 0  # seconds: the latest payment decided on
        for line in read_log(log, tail=TAIL):
            decision = Decision(**{name: line[name] for name in Decision.__slots__})
            self._add(decision, line["fingerprint"], line["payment"]["paid_at"])

    def find(self, payment: PaymentRequest) -> Decision | None:
        """The decision on this very payment, None if there is none yet.

        Raises
        ------
        Rejected              if the id was used for another payment
        """
        known = self._known.get(payment.payment_id)
        if known is None:
            return None
        if known[0] != fingerprint(payment):
            reason = "payment_id was used for another payment"
            raise Rejected(409, "conflict", ("payment_id", reason))
        return known[1]

    def remember(self, payment: PaymentRequest, decision: Decision) -> None:
        """Keep a decision, and forget the oldest beyond `REMEMBERED`."""
        self._add(decision, fingerprint(payment), payment.paid_at)

    def _add(self, decision: Decision, print_: str, paid_at: int) -> None:
        self._known[decision.payment_id] = (print_, decision)
        self.newest = max(self.newest, paid_at)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def fingerprint(payment: PaymentRequest) -> str:
    """Equal for equal payments: 16 hexadecimal digits of all its fields."""
    content = payment.model_dump_json().encode()
    return hashlib.blake2b(content, digest_size=8).hexdigest()
