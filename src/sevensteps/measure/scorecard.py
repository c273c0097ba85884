"""Several candidates, or several groups of rows, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from sevensteps.measure.bootstrap import RESAMPLES
from sevensteps.measure.budget import precision_at_budget, recall_at_budget
from sevensteps.measure.interval import Interval
from sevensteps.measure.ranking import average_precision, roc_auc

Metric = Callable[..., Interval]


def scorecard(
    candidates: Mapping[str, ArrayLike],
    labels: ArrayLike,
    day: ArrayLike,
    *,
    per_day: int,
    weight: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """One row per candidate, one Interval per metric, all under the same resamples.

    Columns can be subtracted from each other's rows: `card - card.loc["rules"]` is the
    paired difference from the rules.

    Parameters
    ----------
    candidates : {name: (n,) float}   scores of each candidate on the same rows
    labels : (n,) bool
    day : (n,) int
    per_day : int                     review capacity, alerts per day
    weight : (n,) float               how many payments each row stands for, if sampled
    """
    same: dict[str, Any] = {"weight": weight, "resamples": resamples, "seed": seed}
    table = {}
    for name, s in candidates.items():
        table[name] = {
            "average precision": average_precision(s, labels, day, **same),
            "recall": recall_at_budget(s, labels, day, per_day=per_day, **same),
            "precision": precision_at_budget(s, labels, day, per_day=per_day, **same),
            "ROC AUC": roc_auc(s, labels, day, **same),
        }
    return pd.DataFrame.from_dict(table, orient="index")
