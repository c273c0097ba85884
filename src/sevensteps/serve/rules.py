"""What answers when the store or the model does not: rules on the payment alone."""

from dataclasses import dataclass

from sevensteps.measure.money import cheapest_actions, expected_costs
from sevensteps.worlds.payments import Action

from .manifest import Policy, Pricing
from .requests import PaymentRequest


@dataclass(frozen=True, slots=True)
class Rules:
    """The fallback. It needs no store: euros, one country, the vendor's score.

    The first rule is the one that was in force before there was a model.
    """

    home: str | None = "AA"
    block_abroad_over: float = 900.0  # online, outside `home`
    step_up_over: float = 300.0  # online
    step_up_ip_risk: float = 0.9

    def decide(self, payment: PaymentRequest) -> tuple[Action, list[str]]:
        """The action, and the rules that asked for it."""
        if payment.channel != "online":
            return Action.ALLOW, []
        abroad = payment.country is not None and payment.country != self.home
        if abroad and payment.amount > self.block_abroad_over:
            return Action.BLOCK, [f"online abroad over {self.block_abroad_over:g} EUR"]
        reasons = []
        if payment.amount > self.step_up_over:
            reasons.append(f"online over {self.step_up_over:g} EUR")
        if payment.ip_risk is not None and payment.ip_risk > self.step_up_ip_risk:
            reasons.append(f"ip_risk over {self.step_up_ip_risk:g}")
        return (Action.STEP_UP if reasons else Action.ALLOW), reasons


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
