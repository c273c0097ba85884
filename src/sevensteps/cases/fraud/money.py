"""From a probability to a decision and from decisions to euros."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sevensteps.measure.bootstrap import RESAMPLES, block_bootstrap, ratio
from sevensteps.measure.inputs import (
    Floats,
    at_least,
    flags,
    numbers,
    probabilities,
    same_length,
    weights_of,
)
from sevensteps.measure.interval import Interval

ACTIONS = ("allow", "step_up", "review", "block")
ALLOW, STEP_UP, REVIEW, BLOCK = range(4)
Actions = NDArray[np.int8]


class CostsLike(Protocol):
    """Euros and probabilities behind a decision: `Costs`, or what has these names."""

    @property
    def fraud_loss_share(self) -> float:
        """Share of a stolen amount that the company bears."""

    @property
    def chargeback_fee(self) -> float:
        """Euros for each fraud that got through."""

    @property
    def review_cost(self) -> float:
        """Euros for one analyst's look."""

    @property
    def review_catches(self) -> float:
        """Share of reviewed frauds that are stopped."""

    @property
    def review_insults(self) -> float:
        """Share of reviewed honest payments that are stopped."""

    @property
    def step_up_cost(self) -> float:
        """Euros for one extra question to the customer."""

    @property
    def step_up_abandon(self) -> float:
        """Share of honest customers who give up when asked."""

    @property
    def step_up_stops(self) -> float:
        """Share of frauds that fail the question."""

    @property
    def margin_rate(self) -> float:
        """Earned per euro of an approved honest payment."""

    @property
    def insult_churn(self) -> float:
        """Probability that a wrongly stopped honest customer leaves for good."""

    @property
    def customer_value(self) -> float:
        """Euros lost with a customer who leaves."""


def _passes(costs: CostsLike) -> tuple[Floats, Floats]:
    """(4,) shares of frauds and of honest payments that get through each action."""
    fraud = [1, 1 - costs.step_up_stops, 1 - costs.review_catches, 0]
    honest = [1, 1 - costs.step_up_abandon, 1 - costs.review_insults, 0]
    return np.array(fraud, dtype=np.float64), np.array(honest, dtype=np.float64)


def _effort(costs: CostsLike) -> Floats:
    """(4,) euros that an action costs whoever pays."""
    return np.array([0, costs.step_up_cost, costs.review_cost, 0])


def _insult(costs: CostsLike) -> Floats:
    """(4,) expected euros of lost customers for each honest payment under an action.

    Who gives up at a step-up loses the payment, not the patience.
    """
    stopped = np.array([0, 0, costs.review_insults, 1])
    return np.asarray(stopped * costs.insult_churn * costs.customer_value)


def expected_costs(p: ArrayLike, amount: ArrayLike, costs: CostsLike) -> Floats:
    """Expected euros lost on each payment under each of the four actions.

    Lost is what fraud, fees, effort and insulted customers cost, minus the margin
    earned; a sound payment that is allowed costs less than nothing.

    Parameters
    ----------
    p : (n,) float            calibrated probability of fraud; the label itself gives
                              the cost in hindsight
    amount : (n,) float       euros
    costs : CostsLike         e.g. `sevensteps.cases.fraud.world.Costs()`

    Returns
    -------
    (n, 4) float              columns in the order of `ACTIONS`

    Raises
    ------
    ValueError                lengths differ, NaN, `p` outside [0, 1], amount below 0

    Source: Elkan, "The foundations of cost-sensitive learning", IJCAI (2001).
    """
    prob, euros = probabilities("p", p), numbers("amount", amount)
    same_length(p=prob, amount=euros)
    if (euros < 0).any():
        raise ValueError(f"`amount` is negative in row {int((euros < 0).argmax()):,}")
    return costs_of_actions(prob, euros, costs)


def costs_of_actions(p: Any, amount: Any, costs: CostsLike) -> Floats:
    """`expected_costs` of checked numbers: (n, 4), or (4,) of a single payment."""
    fraud_passes, honest_passes = _passes(costs)
    loss = p * (amount * costs.fraud_loss_share + costs.chargeback_fee)
    out = np.multiply.outer(loss, fraud_passes)
    out -= np.multiply.outer((1 - p) * amount * costs.margin_rate, honest_passes)
    out += np.multiply.outer(1 - p, _insult(costs))
    return np.asarray(out + _effort(costs))


def _best(costs: Floats) -> tuple[Actions, Floats]:
    """Cheapest action without a review, and what a review saves beside it."""
    others = costs[:, [ALLOW, STEP_UP, BLOCK]]
    best = others.argmin(axis=1)
    gain = others[np.arange(len(best)), best] - costs[:, REVIEW]
    return np.array([ALLOW, STEP_UP, BLOCK], dtype=np.int8)[best], gain


def cheapest_actions(
    p: ArrayLike,
    amount: ArrayLike,
    costs: CostsLike,
    *,
    review_capacity: int | None = None,
    day: ArrayLike | None = None,
    review_price: float = 0.0,
) -> Actions:
    """Cheapest action for each payment; reviews go where they save most.

    Parameters
    ----------
    p, amount, costs          as for `expected_costs`
    review_capacity : int     reviews a day; None means as many as pay
    day : (n,) int            day of each payment; None means all are of one day
    review_price : float      euros that a place in the queue is worth, see the function
                              of that name: for a service that cannot see the day's end

    Returns
    -------
    (n,) int8                 0 allow, 1 step-up, 2 review, 3 block
    """
    action, gain = _best(expected_costs(p, amount, costs))
    wanted = np.flatnonzero(gain > review_price)
    if review_capacity is not None:
        at_least("review_capacity", review_capacity, 0)
        days = np.zeros(len(action)) if day is None else np.asarray(day)
        same_length(p=action, day=days)
        wanted = wanted[np.argsort(-gain[wanted], kind="stable")]
        place = pd.Series(days[wanted]).groupby(days[wanted]).cumcount()
        wanted = wanted[place.to_numpy() < review_capacity]
    action[wanted] = REVIEW
    return action


def review_price(
    p: ArrayLike,
    amount: ArrayLike,
    day: ArrayLike,
    costs: CostsLike,
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
    at_least("review_capacity", review_capacity, 0)
    _, gain = _best(expected_costs(p, amount, costs))
    days = np.asarray(day)
    row = weights_of(weight, len(gain))
    same_length(p=gain, day=days, weight=row)
    order = np.argsort(-gain, kind="stable")
    refused = row[order].cumsum() > review_capacity * len(np.unique(days))
    return max(0.0, float(gain[order][refused][0])) if refused.any() else 0.0


def _action_codes(name: str, actions: ArrayLike) -> Actions:
    codes = numbers(name, actions)
    bad = ~np.isin(codes, range(4))
    if bad.any():
        raise ValueError(
            f"`{name}` must be 0 allow, 1 step-up, 2 review or 3 block; "
            f"row {int(bad.argmax()):,} is {codes[bad.argmax()]:g}"
        )
    return codes.astype(np.int8)


def bill(
    actions: ArrayLike, labels: ArrayLike, amount: ArrayLike, costs: CostsLike
) -> pd.DataFrame:
    """What decisions cost in hindsight: euros, payment by payment, item by item.

    The items are those of the world's ledger, in expectation over what a step-up or a
    review lets through. The loss is their sum with the margin subtracted.

    Parameters
    ----------
    actions : (n,) int        0 allow, 1 step-up, 2 review, 3 block
    labels : (n,) bool        eventual labels
    amount : (n,) float       euros

    Returns
    -------
    DataFrame (n rows)        fraud_loss, chargeback_fee, review_cost, step_up_cost,
                              insult_cost, margin
    """
    action, fraud = _action_codes("actions", actions), flags("labels", labels)
    euros = numbers("amount", amount)
    same_length(actions=action, labels=fraud, amount=euros)
    fraud_passes, honest_passes = _passes(costs)
    lost = fraud * fraud_passes[action]
    earned = ~fraud * honest_passes[action]
    effort = _effort(costs)[action]
    return pd.DataFrame(
        {
            "fraud_loss": lost * euros * costs.fraud_loss_share,
            "chargeback_fee": lost * costs.chargeback_fee,
            "review_cost": effort * (action == REVIEW),
            "step_up_cost": effort * (action == STEP_UP),
            "insult_cost": ~fraud * _insult(costs)[action],
            "margin": earned * euros * costs.margin_rate,
        }
    )


def money_saved(
    actions: ArrayLike,
    baseline: ArrayLike,
    labels: ArrayLike,
    amount: ArrayLike,
    day: ArrayLike,
    costs: CostsLike,
    *,
    weight: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Euros saved per day by `actions` instead of `baseline`, on the same payments.

    Offline: fraudsters and customers are taken to behave alike under both.

    Parameters
    ----------
    actions, baseline : (n,) int   0 allow, 1 step-up, 2 review, 3 block
    weight : (n,) float            how many payments each row stands for, if sampled
    others                         as for `bill`

    Returns
    -------
    Interval                  euros per day, 95 % day-block bootstrap
    """
    ours, theirs = (
        _action_codes("actions", actions),
        _action_codes("baseline", baseline),
    )
    fraud = flags("labels", labels)
    same_length(actions=ours, baseline=theirs, labels=fraud, day=np.asarray(day))
    changed = np.flatnonzero(ours != theirs)
    cost = np.zeros((0, 4))
    if changed.size:
        euros = numbers("amount", amount)
        same_length(actions=ours, amount=euros)
        cost = expected_costs(fraud[changed], euros[changed], costs)
    row = np.arange(changed.size)
    saved = np.zeros(len(ours))
    saved[changed] = cost[row, theirs[changed]] - cost[row, ours[changed]]
    saved *= weights_of(weight, len(saved))
    blocks = block_bootstrap(day, resamples, seed)
    days = blocks.totals(np.ones(blocks.n_blocks))
    return blocks.interval(ratio(blocks.total(saved), days))
