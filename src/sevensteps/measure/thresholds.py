"""Score thresholds for the four actions, for a service that sees the score alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.measure.inputs import Floats, at_least, flags, numbers, same_length
from sevensteps.measure.money import (
    ACTIONS,
    ALLOW,
    BLOCK,
    REVIEW,
    STEP_UP,
    Actions,
    CostsLike,
    expected_costs,
)


@dataclass(frozen=True)
class Thresholds:
    """Lowest scores of a step-up, of a review and of a block, in this order.

    >>> Thresholds(0.1, 0.5, 0.9).actions([0.05, 0.1, 0.7, 0.95])
    array([0, 1, 2, 3], dtype=int8)
    """

    step_up: float
    review: float
    block: float

    def __post_init__(self) -> None:
        if not self.step_up <= self.review <= self.block:
            raise ValueError(f"thresholds must not fall: {self}")

    def actions(self, scores: ArrayLike) -> Actions:
        """(n,) int8 action for each score."""
        score = numbers("scores", scores, infinite=True)
        cuts = [self.step_up, self.review, self.block]
        return np.searchsorted(cuts, score, side="right").astype(np.int8)


def _cuts(scores: Floats, steps: int) -> Floats:
    """Candidates, dense at the top where the frauds are; no score meets the last."""
    ordered = np.sort(scores)
    above = np.unique(np.geomspace(1, len(scores), steps).astype(np.intp))
    return np.append(np.unique(ordered[len(scores) - above]), np.inf)


def best_thresholds(
    scores: ArrayLike,
    labels: ArrayLike,
    amount: ArrayLike,
    day: ArrayLike,
    costs: CostsLike,
    *,
    review_capacity: int,
    steps: int = 120,
) -> Thresholds:
    """Cheapest three thresholds in hindsight, with reviews within capacity on average.

    Looks through all triples of about `steps` thresholds, dense at the highest scores.
    Choose on one period and measure on the next: the choice flatters itself.

    Parameters
    ----------
    scores : (n,) float       any monotone score
    labels : (n,) bool        eventual labels
    amount : (n,) float       euros
    day : (n,) int            day of each payment
    costs : CostsLike
    review_capacity : int     reviews a day

    Returns
    -------
    Thresholds                infinite for an action that does not pay
    """
    score = numbers("scores", scores)
    days = np.asarray(day)
    fraud = flags("labels", labels)
    same_length(scores=score, labels=fraud, day=days)
    at_least("review_capacity", review_capacity, 0)
    cuts = _cuts(score, steps)
    band = np.searchsorted(cuts, score, side="right")
    cost = expected_costs(fraud, amount, costs)
    n = len(cuts) + 1
    spent = np.stack([np.bincount(band, c, minlength=n).cumsum() for c in cost.T])
    rows = np.bincount(band, minlength=n).cumsum()
    places = review_capacity * len(pd.unique(days))
    return Thresholds(*(float(cuts[i]) for i in _cheapest(spent, rows, places)))


def _cheapest(spent: Floats, rows: Floats, places: int) -> tuple[int, int, int]:
    """Positions of the cheapest cuts i <= j <= k, given cumulated costs below each."""
    n = spent.shape[1] - 1
    i, j, k = np.ogrid[:n, :n, :n]
    total = (
        spent[ALLOW][i]
        + (spent[STEP_UP][j] - spent[STEP_UP][i])
        + (spent[REVIEW][k] - spent[REVIEW][j])
        + (spent[BLOCK][-1] - spent[BLOCK][k])
    )
    total[(i > j) | (j > k) | (rows[k] - rows[j] > places)] = np.inf
    best = np.unravel_index(total.argmin(), total.shape)
    return int(best[0]), int(best[1]), int(best[2])


def action_thresholds(
    amounts: ArrayLike, costs: CostsLike, *, steps: int = 20_000
) -> pd.DataFrame:
    """Lowest probability of fraud at which each action is the cheapest, by amount.

    Parameters
    ----------
    amounts : (n,) float      euros
    costs : CostsLike
    steps : int               probabilities tried, from 1e-5 to 1, evenly in logarithm

    Returns
    -------
    DataFrame                 one row an amount: step_up, review, block; NaN where the
                              action is never the cheapest

    Examples
    --------
    >>> from sevensteps.cases.fraud.world import Costs
    >>> action_thresholds([30, 1_500], Costs())["block"].round(2).tolist()
    [0.53, 0.2]
    """
    at_least("steps", steps, 2)
    p = np.geomspace(1e-5, 1, steps)
    table = {}
    for amount in numbers("amounts", amounts):
        cheapest = expected_costs(p, np.full(steps, amount), costs).argmin(axis=1)
        first = pd.Series(p).groupby(cheapest).min()
        table[amount] = {ACTIONS[i]: first.get(i, np.nan) for i in range(1, 4)}
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("amount")
