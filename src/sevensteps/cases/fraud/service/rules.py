"""What answers when the store or the model does not: rules on the payment alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.cases.fraud.money import cheapest_actions, expected_costs
from sevensteps.cases.fraud.world import Action

from .manifest import Policy, Pricing
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


def act(p_fraud: float, amount: float, policy: Policy) -> tuple[Action, list[str]]:
    """The action that a policy takes on a probability of fraud, and why."""
    if isinstance(policy, Pricing):
        return _cheapest(p_fraud, amount, policy)
    for action in (Action.BLOCK, Action.REVIEW, Action.STEP_UP):
        limit = getattr(policy, action.name.lower())
        if p_fraud >= limit:
            return action, [f"score {p_fraud:.3g} >= {limit:.3g}"]
    return Action.ALLOW, []


def _cheapest(p: float, amount: float, policy: Pricing) -> tuple[Action, list[str]]:
    price = policy.review_price
    found = cheapest_actions([p], [amount], policy.costs, review_price=price)
    action = Action(int(found[0]))
    if action is Action.ALLOW:
        return action, []
    euros = expected_costs([p], [amount], policy.costs)[0]
    told = ", ".join(f"{a.name.lower()} {euros[a]:.2f}" for a in Action)
    return action, [f"expected cost in EUR: {told}"]
