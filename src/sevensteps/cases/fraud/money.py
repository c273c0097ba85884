"""From a probability to a decision and from decisions to euros."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.cases.fraud.world.schema import ACTIONS as ACTIONS
from sevensteps.cases.fraud.world.schema import Action, Costs
from sevensteps.measure import Interval, inputs
from sevensteps.measure.bootstrap import block_bootstrap, ratio

Actions = NDArray[np.int8]


def expected_costs(p: ArrayLike, amount: ArrayLike, costs: Costs) -> inputs.Floats:
    """Expected euros lost on each payment under each of the four actions.

    Lost is what fraud, fees, effort and insulted customers cost, minus the margin
    earned; a sound payment that is allowed costs less than nothing. Who gives up at a
    step-up loses the payment, not the patience.

    Parameters
    ----------
    p : (n,) float            calibrated probability of fraud; the label itself gives
                              the cost in hindsight
    amount : (n,) float       euros
    costs : Costs

    Returns
    -------
    (n, 4) float              columns in the order of `ACTIONS`

    Raises
    ------
    ValueError                lengths differ, NaN, `p` outside [0, 1], amount below 0

    Source: Elkan, "The foundations of cost-sensitive learning", IJCAI (2001).
    """
    prob, euros = inputs.probabilities("p", p), inputs.numbers("amount", amount)
    inputs.same_length(p=prob, amount=euros)
    if (euros < 0).any():
        raise ValueError(f"`amount` is negative in row {int((euros < 0).argmax()):,}")
    return costs_of_actions(prob, euros, costs)


def costs_of_actions(p: Any, amount: Any, costs: Costs) -> inputs.Floats:
    """`expected_costs` of checked numbers: (n, 4), or (4,) of a single payment."""
    # shares that get through each action, euros that it costs, customers insulted
    fraud_passes = np.array([1, 1 - costs.step_up_stops, 1 - costs.review_catches, 0])
    honest_passes = np.array(
        [1, 1 - costs.step_up_abandon, 1 - costs.review_insults, 0]
    )
    effort = np.array([0, costs.step_up_cost, costs.review_cost, 0])
    insulted = np.array([0, 0, costs.review_insults, 1])
    insult = insulted * costs.insult_churn * costs.customer_value
    loss = p * (amount * costs.fraud_loss_share + costs.chargeback_fee)
    margin = (1 - p) * amount * costs.margin_rate
    out = np.multiply.outer(loss, fraud_passes)
    out -= np.multiply.outer(margin, honest_passes)
    out += np.multiply.outer(1 - p, insult)
    return np.asarray(out + effort)


def _best(costs: inputs.Floats) -> tuple[Actions, inputs.Floats]:
    """Cheapest action without a review, and what a review saves beside it."""
    others = np.array([Action.ALLOW, Action.STEP_UP, Action.BLOCK], np.int8)
    best = others[costs[:, others].argmin(axis=1)]
    return best, costs[np.arange(len(best)), best] - costs[:, Action.REVIEW]


def cheapest_actions(
    p: ArrayLike, amount: ArrayLike, costs: Costs, *, review_price: float = 0.0
) -> Actions:
    """Cheapest action for each payment; reviews go where they save most.

    Parameters
    ----------
    p, amount, costs          as for `expected_costs`
    review_price : float      euros that a place in the queue is worth, see the function
                              of that name: for a service that cannot see the day's end

    Returns
    -------
    (n,) int8                 0 allow, 1 step-up, 2 review, 3 block
    """
    action, gain = _best(expected_costs(p, amount, costs))
    action[gain > review_price] = Action.REVIEW
    return action


def review_price(
    p: ArrayLike,
    amount: ArrayLike,
    day: ArrayLike,
    costs: Costs,
    *,
    review_capacity: int,
    weight: ArrayLike | None = None,
) -> float:
    """Euros that one more review would save, when the queue is full on the mean day.

    A service decides payment by payment. It asks for a review only where that saves
    more than this price; over the days given, the demand then equals the capacity.
    Parameters as for `cheapest_actions`; `weight` says how many payments each row
    stands for. Zero if capacity is not scarce.
    """
    inputs.at_least("review_capacity", review_capacity, 0)
    _, gain = _best(expected_costs(p, amount, costs))
    days = np.asarray(day)
    row = inputs.weights_of(weight, len(gain))
    inputs.same_length(p=gain, day=days, weight=row)
    order = np.argsort(-gain, kind="stable")
    refused = row[order].cumsum() > review_capacity * len(np.unique(days))
    return max(0.0, float(gain[order][refused][0])) if refused.any() else 0.0


def _action_codes(name: str, actions: ArrayLike) -> Actions:
    codes = inputs.numbers(name, actions)
    bad = ~np.isin(codes, list(Action))
    if bad.any():
        raise ValueError(
            f"`{name}` must be 0 allow, 1 step-up, 2 review or 3 block; "
            f"row {int(bad.argmax()):,} is {codes[bad.argmax()]:g}"
        )
    return codes.astype(np.int8)


def money_saved(
    actions: ArrayLike,
    baseline: ArrayLike,
    labels: ArrayLike,
    amount: ArrayLike,
    day: ArrayLike,
    costs: Costs,
    *,
    weight: ArrayLike | None = None,
) -> Interval:
    """Euros saved per day by `actions` instead of `baseline`, on the same payments.

    Offline: fraudsters and customers are taken to behave alike under both.

    Parameters
    ----------
    actions, baseline : (n,) int   0 allow, 1 step-up, 2 review, 3 block
    labels : (n,) bool             eventual labels
    weight : (n,) float            how many payments each row stands for, if sampled

    Returns
    -------
    Interval                  euros per day, 95 % day-block bootstrap
    """
    ours, theirs = (
        _action_codes("actions", actions),
        _action_codes("baseline", baseline),
    )
    fraud = inputs.flags("labels", labels)
    inputs.same_length(actions=ours, baseline=theirs, labels=fraud, day=np.asarray(day))
    cost = expected_costs(fraud, amount, costs)
    row = np.arange(len(ours))
    saved = cost[row, theirs] - cost[row, ours]
    saved *= inputs.weights_of(weight, len(saved))
    blocks = block_bootstrap(day)
    days = blocks.totals(np.ones(blocks.n_blocks))
    return blocks.interval(ratio(blocks.total(saved), days))
