"""From which probability each of the four actions is the cheapest."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.cases.fraud.money import ACTIONS, expected_costs
from sevensteps.cases.fraud.world.schema import Costs
from sevensteps.measure.inputs import numbers

STEPS = 20_000  # probabilities tried, from 1e-5 to 1, evenly in logarithm


def action_thresholds(amounts: ArrayLike, costs: Costs) -> pd.DataFrame:
    """Lowest probability of fraud at which each action is the cheapest, by amount.

    One row an amount, in euros: step_up, review, block; NaN where the action is never
    the cheapest.

    >>> from sevensteps.cases.fraud.world import Costs
    >>> action_thresholds([30, 1_500], Costs())["block"].round(2).tolist()
    [0.53, 0.2]
    """
    p = np.geomspace(1e-5, 1, STEPS)
    table = {}
    for amount in numbers("amounts", amounts):
        cheapest = expected_costs(p, np.full(STEPS, amount), costs).argmin(axis=1)
        first = pd.Series(p).groupby(cheapest).min()
        table[amount] = {ACTIONS[i]: first.get(i, np.nan) for i in range(1, 4)}
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("amount")
