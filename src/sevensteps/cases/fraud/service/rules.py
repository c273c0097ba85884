"""What answers when the store or the model does not: rules on the payment alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.cases.fraud.money import costs_of_actions
from sevensteps.cases.fraud.world import Action

from .model import Pricing
from .requests import PaymentRequest


@dataclass(frozen=True, slots=True)
class Rules:
    """The fallback. It needs no store: the channel, euros, the vendor's score.

    A fallback is a policy and has a price. The fraud chapter measures this one beside
    the rule that stood before any model, which blocks, and costs more than no rule.
    """

    step_up_over: float = 100.0  # euros, online
    step_up_ip_risk: float = 0.7  # an unknown risk counts as a high one

    def doubt(
        self, online: ArrayLike, amount: ArrayLike, ip_risk: ArrayLike
    ) -> NDArray[np.bool_]:
        """Whether to ask for a proof, of one payment or of many.

        Parameters
        ----------
        online : (n,) bool         not at a terminal
        amount : (n,)              EUR
        ip_risk : (n,)             from 0 to 1; NaN if unknown
        """
        clean = np.asarray(ip_risk, np.float64) <= self.step_up_ip_risk  # NaN is not
        large = np.asarray(amount) > self.step_up_over
        doubtful: NDArray[np.bool_] = np.asarray(online) & large & ~clean
        return doubtful

    def decide(self, payment: PaymentRequest) -> tuple[Action, list[str]]:
        """The action, and the rules that asked for it."""
        ip_risk = np.nan if payment.ip_risk is None else payment.ip_risk
        if not self.doubt(payment.channel == "online", payment.amount, ip_risk):
            return Action.ALLOW, []
        risk = "unknown" if payment.ip_risk is None else f"{payment.ip_risk:g}"
        return Action.STEP_UP, [
            f"online over {self.step_up_over:g} EUR, ip_risk {risk}"
        ]


def act(p_fraud: float, amount: float, policy: Pricing) -> tuple[Action, list[str]]:
    """The cheapest action at a probability of fraud, and why if it is not to allow."""
    euros = costs_of_actions(p_fraud, amount, policy.costs).tolist()
    best = min(Action.ALLOW, Action.STEP_UP, Action.BLOCK, key=euros.__getitem__)
    if euros[best] - euros[Action.REVIEW] > policy.review_price:
        best = Action.REVIEW
    if best is Action.ALLOW:
        return best, []
    told = ", ".join(f"{a.name.lower()} {euros[a]:.2f}" for a in Action)
    return best, [f"expected cost in EUR: {told}"]
